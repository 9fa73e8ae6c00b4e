"""Models on the Hugging Face Hub: `hf://user/name` and `hf://user/name@revision`.

One file is downloaded, the model file, into huggingface_hub's own cache, and is then read like any other. This module
is the only one that knows the addresses, and what the Hub's errors mean. It imports huggingface_hub when it is needed.
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from convlens.errors import (
    ConvlensError,
    DamagedModel,
    HubError,
    MissingDependency,
    ModelFileError,
    OutputError,
    UsageError,
)
from convlens.files import sha256_of_file
from convlens.words import alternatives, printable_start, shorten

_SCHEME = re.compile(r"hf:/{1,2}(?!/)")
"""A `pathlib.Path` turns `hf://user/name` into `hf:/user/name`."""
_NAME = r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?"
_REPOSITORY = re.compile(rf"{_NAME}/{_NAME}")
_SHA256 = re.compile("[0-9a-f]{64}")
_LOG_IN = "log in with `hf auth login`, or set HF_TOKEN"
_SECRETS = re.compile(r"""(?P<scheme>://)[^/\s"'<>]*@|(?P<bearer>Bearer\s+)[^"'<>]+|(?P<token>hf_)\w+""", re.IGNORECASE)
"""User and password of an address, and tokens."""


@dataclass(frozen=True)
class HubAddress:
    """A model on the Hub: the repository, such as `user/name`, and a branch, tag or commit; None is its main branch.

    >>> print(HubAddress("anna/digits", "v2"))
    hf://anna/digits@v2
    """

    repository: str
    revision: str | None = None

    form: ClassVar[str] = "hf://user/name, or hf://user/name@revision"

    def __str__(self) -> str:
        return f"hf://{self.repository}" + ("" if self.revision is None else f"@{self.revision}")


def read_address(model: object) -> HubAddress | None:
    """Return the address that a text or path is; None if it does not begin with `hf://`.

    Raises:
        UsageError: it begins so, but is not an address of a model.

    >>> read_address("hf://anna/digits@v2")
    HubAddress(repository='anna/digits', revision='v2')
    >>> read_address("runs/first") is None
    True
    """
    text = str(model)
    start = _SCHEME.match(text)
    if start is None or not isinstance(model, str | Path):
        return None
    repository, at, revision = text[start.end() :].rstrip("/").partition("@")
    if not _is_repository(repository) or (at and not revision):
        raise UsageError(f"{printable_start(text)} is not the address of a model. Give {HubAddress.form}.")
    return HubAddress(repository, revision or None)


def check_repository(name: object, argument: str) -> str:
    """Return the name of a repository, such as `user/name`.

    Raises:
        UsageError: it is not one.
    """
    if isinstance(name, str) and _is_repository(name):
        return name
    raise UsageError(f"{argument} is {name!r:.100}. Give user/name, or organisation/name.", argument=argument)


def _is_repository(name: str) -> bool:
    return _REPOSITORY.fullmatch(name) is not None and "--" not in name and ".." not in name


def name_in_cache(file: Path) -> str | None:
    """Return the name of the model that a file in huggingface_hub's cache belongs to; None for other files.

    >>> name_in_cache(Path("hub/models--anna--digits/snapshots/8e3a0f/model.safetensors"))
    'digits'
    """
    folders = [folder.name for folder in file.parents][:3]
    if len(folders) < 3 or folders[1] != "snapshots" or not folders[2].startswith("models--"):
        return None
    return folders[2].split("--")[-1]


def download(address: HubAddress, file_name: str) -> Path:
    """Return the path of a file of a model in the cache; it is downloaded if the cache has another version, or none.

    Without a connection, the version in the cache is used. A file that was changed in the cache is downloaded again.

    Raises:
        ModelFileError: there is no such model, revision or file.
        DamagedModel: the Hub sends other bytes than it announces.
        HubError: the Hub cannot be reached, or refuses.
        MissingDependency: huggingface_hub is not installed.
    """
    require_hub(str(address))
    path = _download(address, file_name)
    if not _is_intact(path):
        try:
            path = _download(address, file_name, force_download=True)
        except HubError as error:
            raise DamagedModel(
                f"{address} is damaged: {path} has another SHA-256 than the Hub said, and cannot be downloaded again. "
                f"{error}"
            ) from error
    if not _is_intact(path):
        raise DamagedModel(
            f"{address} is damaged: its {file_name} has another SHA-256 than the Hub says. Try again later."
        )
    return path


def _download(address: HubAddress, file_name: str, force_download: bool = False) -> Path:
    with explaining_hub_errors(str(address), ["the address"]):
        from huggingface_hub import hf_hub_download

        named = {"revision": address.revision, "endpoint": endpoint(), **program()}
        return Path(hf_hub_download(address.repository, file_name, force_download=force_download, **named))


def _is_intact(path: Path) -> bool:
    """Return whether a file has its SHA-256. The cache names a large file by it, so that others cannot be checked."""
    name = path.resolve().name
    return _SHA256.fullmatch(name) is None or sha256_of_file(path) == name


def require_hub(what: str) -> None:
    """Check that huggingface_hub is installed.

    Raises:
        MissingDependency: it is not.
    """
    if find_spec("huggingface_hub") is None:
        raise MissingDependency(f"{what} needs huggingface_hub, which is not installed. pip install 'convlens[hub]'")


def endpoint() -> str | None:
    """Return the address of another Hub than the public one; huggingface_hub itself reads it only when imported."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or None


def without_secrets(text: str) -> str:
    """Return a text without the user and the password of an address, and without tokens.

    >>> without_secrets("https://anna:secret@hub.example/a: Illegal header value b'Bearer hf_secret'")
    "https://hub.example/a: Illegal header value b'Bearer …'"
    """
    return _SECRETS.sub(lambda found: (found["scheme"] or "") or (found["bearer"] or found["token"]) + "…", text)


def check_token(token: object, where: str, argument: str | None = None) -> None:
    """Check that a token can be sent, without showing it; `where` says where it stands.

    Raises:
        UsageError: it is not a text, is empty, or has a space, a line break or a letter that no token has.
    """
    if not isinstance(token, str):
        wrong = "is not a text"
    elif not token:
        wrong = "is empty"
    elif not token.isascii() or not token.isprintable() or " " in token:
        wrong = "has a space, a line break or another character that no token has"
    else:
        return
    raise UsageError(f"{where} {wrong}. Give the token as your settings on the Hub show it.", argument=argument)


def program() -> dict[str, Any]:
    """Return the name and version that the Hub is told."""
    from convlens import __version__

    return {"library_name": "convlens", "library_version": __version__}


@contextmanager
def explaining_hub_errors(
    what: str, arguments: Sequence[str], missing: type[ConvlensError] = ModelFileError
) -> Iterator[None]:
    """Turn every error of huggingface_hub into one line that says what to do; it begins with `what`.

    `arguments` are the names of what was given, for answers that blame it. If there is no such repository, revision or
    file, the error is of the type `missing`. A token or a password is neither in the error nor in its cause.
    """
    try:
        yield
    except ConvlensError:
        raise
    except Exception as error:  # the packages below huggingface_hub differ from version to version
        explained = _explain(what, error, missing, arguments)
        if _has_secrets(error):
            raise explained from None
        raise explained from error


def _has_secrets(error: BaseException | None) -> bool:
    """Return whether an error, or one that it came from, says a token or a password."""
    while error is not None:
        if without_secrets(str(error)) != str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _reason(text: object) -> str:
    """Return why something failed, in the words of others, as one line without secrets."""
    return shorten(without_secrets(str(text)), 200)


def _explain(what: str, error: Exception, missing: type[ConvlensError], arguments: Sequence[str]) -> ConvlensError:
    from huggingface_hub import errors

    where = without_secrets(endpoint() or "huggingface.co")
    while isinstance(error, RuntimeError) and isinstance(error.__cause__, Exception):  # "Error while uploading ..."
        error = error.__cause__
    if isinstance(error, errors.GatedRepoError):
        return HubError(f"{what}: this model is gated. Ask for access on its page, then {_LOG_IN}.")
    if isinstance(error, errors.RepositoryNotFoundError):
        return missing(
            f"{what}: there is no such model on {where}, or it is private. Check its name; if it is private, {_LOG_IN}."
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return missing(f"{what}: there is no such revision. Give a branch, a tag or a commit of this model.")
    if isinstance(error, errors.RemoteEntryNotFoundError):
        return missing(
            f"{what}: there is no {Path(str(error.response.url)).name} in it, so it is not a model that Convlens wrote."
        )
    if isinstance(error, errors.LocalEntryNotFoundError):
        return _explain_not_reached(what, where, error.__cause__ or error, arguments)
    if isinstance(error, errors.HfHubHTTPError):
        return _explain_answer(what, where, error, arguments)
    if isinstance(error, OSError) and error.filename is not None:
        return OutputError(
            f"{what}: the cache of huggingface_hub cannot be written ({error.strerror}): {error.filename}. Free some "
            "space, or set HF_HUB_CACHE to another folder."
        )
    if type(error) is ValueError:  # the Hub's words on the head of a model card
        reason = _reason(error)
        return HubError(f"{what}: {where} refuses it ({reason}). {_what_to_check(reason, arguments)}")
    return _explain_not_reached(what, where, error, arguments)


def _explain_not_reached(what: str, where: str, error: BaseException, arguments: Sequence[str]) -> ConvlensError:
    from huggingface_hub import errors

    if isinstance(error, errors.OfflineModeIsEnabled):
        return HubError(
            f"{what}: it is not in the cache, and HF_HUB_OFFLINE forbids downloading it. Unset HF_HUB_OFFLINE."
        )
    if isinstance(error, errors.HfHubHTTPError):
        return _explain_answer(what, where, error, arguments)
    reason = _reason(f"{type(error).__name__}: {error}")
    return HubError(f"{what}: {where} cannot be reached, or broke off ({reason}). Check the connection, and try again.")


def _explain_answer(what: str, where: str, error: Any, arguments: Sequence[str]) -> ConvlensError:
    """Explain an answer of the Hub that is not one of the usual ones."""
    code = error.response.status_code
    reason = _reason(error.server_message or error.response.reason_phrase)
    if code in (401, 403):
        advice = f"Check the rights of your token: {_LOG_IN}."
        return HubError(f"{what}: {where} refuses access ({code}: {reason}). {advice}")
    advice = "Try again later." if code >= 500 or code == 429 else _what_to_check(reason, arguments)
    return HubError(f"{what}: {where} answered {code}: {reason}. {advice}")


def _what_to_check(reason: str, arguments: Sequence[str]) -> str:
    """Return the advice to check the arguments that a reason names; if it names none, all of them."""
    return f"Check {alternatives([name for name in arguments if name in reason.lower()] or arguments)}."
