"""A stand-in for the Hugging Face Hub: the part of its HTTP API that huggingface_hub uses to make a repository, to
commit files and to download them. Large files (safetensors, ONNX) go through LFS, as on the Hub.

It also has the Hub's faults: `faults` maps a part of an address to what happens there instead.
"""

import base64
import hashlib
import http.server
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

import yaml

WRITER, READER = "hf_writer", "hf_reader"
USER = "anna"
LICENSES = {"mit", "apache-2.0", "cc-by-4.0", "other"}
LARGE = (".safetensors", ".onnx")
HASH = re.compile("[0-9a-f]{40}")


@dataclass
class Repository:
    """The files of each commit, and the commit of each branch."""

    private: bool = False
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    def commit(self, files: dict[str, bytes], branch: str = "main") -> str:
        oid = hashlib.sha1(f"{len(self.commits)}{sorted(files)}".encode()).hexdigest()
        self.commits[oid] = files
        self.branches[branch] = oid
        return oid

    @property
    def files(self) -> dict[str, bytes]:
        """The files of the main branch."""
        return self.commits[self.branches["main"]]


class Hub:
    """What the server knows, and what it was asked."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.large: dict[str, bytes] = {}
        self.faults: dict[str, Callable[[Any], None]] = {}
        self.asked: list[str] = []
        self.url = ""

    @property
    def storage(self) -> str:
        """The address of large files, which is another host, as on the Hub: it gets no token."""
        return self.url.replace("127.0.0.1", "localhost")

    def put(self, name: str, files: dict[str, bytes], private: bool = False) -> Repository:
        """Put files into a repository, without the API."""
        repository = self.repositories.setdefault(name, Repository(private))
        self.large |= {hashlib.sha256(content).hexdigest(): content for content in files.values()}
        repository.commit(files)
        return repository


class Refused(Exception):
    """An answer that is an error: its status, its code for programs, and its message."""

    def __init__(self, status: int, code: str = "", message: str = "") -> None:
        self.status, self.code, self.message = status, code, message


class Handler(http.server.BaseHTTPRequestHandler):
    hub: ClassVar[Hub]

    def log_message(self, format: str, *args: Any) -> None:
        """Write no log."""

    def answer(self, content: Any, status: int = 200, **headers: str) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_request(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append(f"{self.command} {path}")
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        try:
            for part, fault in self.hub.faults.items():
                if part in self.hub.asked[-1]:
                    fault(self)
                    return
            for pattern, does in ROUTES:
                found = re.fullmatch(pattern, f"{self.command} {path}")
                if found is not None:
                    does(self, *found.groups())
                    return
            raise Refused(404)
        except Refused as error:
            named = {"X_Error_Code": error.code} if error.code else {}
            named |= {"X_Error_Message": error.message} if error.message else {}
            self.answer({"error": error.message}, error.status, **named)
        except (BrokenPipeError, ConnectionResetError):
            pass

    do_GET = do_HEAD = do_POST = do_PUT = handle_request  # noqa: N815

    @property
    def token(self) -> str | None:
        kind, _, sent = (self.headers.get("Authorization") or "").partition(" ")
        if kind == "Basic":  # of user:password@ in HF_ENDPOINT
            sent = base64.b64decode(sent).decode().partition(":")[2]
        return sent or None

    def check_writer(self, name: str) -> None:
        if self.token not in (WRITER, READER):
            raise Refused(401, message="Invalid username or password.")
        if self.token != WRITER or name.split("/")[0] != USER:
            raise Refused(403, message=f"You don't have the rights to create a model under {name.split('/')[0]}")

    def find(self, name: str) -> Repository:
        if self.token not in (None, WRITER, READER):
            raise Refused(401, message="Invalid credentials in Authorization header")
        repository = self.hub.repositories.get(name)
        if repository is None or (repository.private and self.token is None):
            raise Refused(404 if self.token else 401, "RepoNotFound", "Repository not found")
        return repository

    def commit_of(self, repository: Repository, revision: str) -> str:
        oid = revision if HASH.fullmatch(revision) else repository.branches.get(revision)
        if oid not in repository.commits:
            raise Refused(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return str(oid)

    def create(self) -> None:
        asked = json.loads(self.body)
        name = f"{asked.get('organization') or USER}/{asked['name']}"
        self.check_writer(name)
        if name in self.hub.repositories:
            self.answer({"error": "You already created this model repo", "url": f"{self.hub.url}/{name}"}, 409)
            return
        made = self.hub.repositories[name] = Repository(asked.get("visibility") == "private")
        made.commit({".gitattributes": b"*.safetensors filter=lfs\n"})
        self.answer({"url": f"{self.hub.url}/{name}"})

    def info(self, name: str, revision: str = "main") -> None:
        repository = self.find(name)
        oid = self.commit_of(repository, revision)
        self.answer(
            {
                "id": name,
                "sha": oid,
                "private": repository.private,
                "siblings": [],
                "tags": [],
                "downloads": 0,
                "likes": 0,
            }
        )

    def tree(self, name: str, revision: str) -> None:
        repository = self.find(name)
        files = repository.commits[self.commit_of(repository, revision)]
        self.answer([file_facts(path, content) for path, content in files.items()])

    def validate(self) -> None:
        """Check what the Hub checks in the head of a card: it is YAML, and the licence is a known one."""
        (_, head, _) = json.loads(self.body)["content"].split("---\n", 2)
        license = yaml.safe_load(head).get("license")
        wrong = license is not None and license not in LICENSES
        errors = [{"message": f'"license" must be one of [{", ".join(sorted(LICENSES))}]'}] if wrong else []
        self.answer({"errors": errors, "warnings": []}, 400 if wrong else 200)

    def preupload(self, name: str, revision: str) -> None:
        self.check_writer(name)
        self.commit_of(self.find(name), revision)
        files = [file["path"] for file in json.loads(self.body)["files"]]
        modes = [
            {"path": path, "uploadMode": "lfs" if path.endswith(LARGE) else "regular", "shouldIgnore": False}
            for path in files
        ]
        self.answer({"files": modes})

    def batch(self, name: str) -> None:
        self.check_writer(name)
        actions = {"upload": {"href": f"{self.hub.url}/upload/{{}}"}}
        objects = [
            {**one, "actions": {"upload": {"href": actions["upload"]["href"].format(one["oid"])}}}
            for one in json.loads(self.body)["objects"]
        ]
        self.answer({"transfer": "basic", "objects": objects})

    def upload(self, oid: str) -> None:
        assert hashlib.sha256(self.body).hexdigest() == oid
        self.hub.large[oid] = self.body
        self.answer({})

    def commit(self, name: str, revision: str) -> None:
        self.check_writer(name)
        repository = self.find(name)
        files = dict(repository.commits[self.commit_of(repository, revision)])
        for line in self.body.splitlines():
            one = json.loads(line)
            kind, value = one["key"], one["value"]
            if kind == "header":
                repository.messages.append(value["summary"])
            elif kind == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif kind == "lfsFile":
                files[value["path"]] = self.hub.large[value["oid"]]
            elif kind == "deletedFile":
                del files[value["path"]]
        asks = "create_pr=1" in self.path
        oid = repository.commit(files, "refs/pr/1" if asks else revision)
        opened = {"pullRequestUrl": f"{self.hub.url}/{name}/discussions/1"} if asks else {}
        self.answer({"success": True, "commitOid": oid, "commitUrl": f"{self.hub.url}/{name}/commit/{oid}", **opened})

    def resolve(self, name: str, revision: str, path: str) -> None:
        """Answer with a file, or, if it is large, with the address of its content."""
        repository = self.find(name)
        oid = self.commit_of(repository, revision)
        content = repository.commits[oid].get(path)
        if content is None:
            raise Refused(404, "EntryNotFound", "Entry not found")
        if not path.endswith(LARGE):
            etag = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            self.answer(content, X_Repo_Commit=oid, ETag=f'"{etag}"')
            return
        digest = hashlib.sha256(content).hexdigest()
        linked = {"X_Linked_Etag": f'"{digest}"', "X_Linked_Size": str(len(content))}
        self.answer(b"", 302, Location=f"{self.hub.storage}/content/{digest}", X_Repo_Commit=oid, **linked)

    def content(self, oid: str) -> None:
        assert self.token is None, "a token was sent to another host"
        self.answer(self.hub.large[oid])


ROUTES: tuple[tuple[str, Callable[..., None]], ...] = (
    (r"POST /api/repos/create", Handler.create),
    (r"POST /api/validate-yaml", Handler.validate),
    (r"GET /api/models/([^/]+/[^/]+)", Handler.info),
    (r"GET /api/models/([^/]+/[^/]+)/revision/([^/]+)", Handler.info),
    (r"GET /api/models/([^/]+/[^/]+)/tree/([^/]+)", Handler.tree),
    (r"POST /api/models/([^/]+/[^/]+)/preupload/([^/]+)", Handler.preupload),
    (r"POST /api/models/([^/]+/[^/]+)/commit/([^/]+)", Handler.commit),
    (r"POST /([^/]+/[^/]+)\.git/info/lfs/objects/batch", Handler.batch),
    (r"PUT /upload/([0-9a-f]+)", Handler.upload),
    (r"(?:GET|HEAD) /([^/]+/[^/]+)/resolve/([^/]+)/(.+)", Handler.resolve),
    (r"(?:GET|HEAD) /content/([0-9a-f]+)", Handler.content),
)


def file_facts(path: str, content: bytes) -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    large = {"lfs": {"oid": digest, "size": len(content), "pointerSize": 130}} if path.endswith(LARGE) else {}
    return {"type": "file", "path": path, "size": len(content), "oid": digest[:40], **large}


def refuse(status: int, code: str = "", message: str = "") -> Callable[[Handler], None]:
    """A fault: an error as the answer."""

    def fault(handler: Handler) -> None:
        raise Refused(status, code, message)

    return fault


def cut_short(handler: Handler) -> None:
    """A fault: the connection ends after half of the content."""
    content = handler.hub.large[handler.path.rsplit("/", 1)[-1]]
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content[: len(content) // 2])


def other_bytes(handler: Handler) -> None:
    """A fault: content of the right length, in which a byte is wrong."""
    content = bytearray(handler.hub.large[handler.path.rsplit("/", 1)[-1]])
    content[-1] ^= 1
    handler.answer(bytes(content))


@contextmanager
def serve_hub() -> Iterator[Hub]:
    """Serve an empty Hub on this machine."""
    hub = Hub()
    handler = type("HandlerOfHub", (Handler,), {"hub": hub})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def line_of(error):
    """The message of an error, which must be one line."""
    (line,) = str(error.value).splitlines()
    return line
