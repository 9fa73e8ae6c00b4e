"""Serves the page's files, with a content security policy that allows the browser nothing else."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from convlens.exports.page_files import INDEX, MEDIA_TYPES, inline_scripts, read_page_text
from convlens.server.wire import Answer


def content_security_policy(files: Mapping[str, Path]) -> str:
    """Return the content security policy: everything from this server only, and the page's present inline scripts.

    >>> content_security_policy({})
    Traceback (most recent call last):
    ...
    convlens.errors.ConvlensError: the page's file index.html is missing. ...
    """
    scripts = inline_scripts(read_page_text(files, INDEX))
    hashes = " ".join(f"'sha256-{_sha256(script)}'" for script in scripts)
    rules = {
        "default-src": "'self'",
        "script-src": f"'self' {hashes}".strip(),
        "img-src": "'self' data: blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def page_file(files: Mapping[str, Path], request: Request) -> Response:
    """Return one of the page's files, by the name in the address; the page itself is only at `/`."""
    name = request.path_params.get("name", INDEX)
    path = files.get(name)
    if path is None or (name == INDEX) != (request.scope["path"] == "/"):
        return Answer({"error": "there is nothing at this address. The page is at /."}, 404)
    return FileResponse(path, media_type=MEDIA_TYPES[path.suffix])


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
