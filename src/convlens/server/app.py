"""The ASGI application: the page's files, the API under `/api`, errors as one line of JSON, and request protection."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from convlens.errors import ConvlensError
from convlens.exports.page_files import list_page_files
from convlens.server.bodies import describe_mistake
from convlens.server.choices import Misfit, split_reason
from convlens.server.complaints import describe_defect
from convlens.server.jobs import QueueFull
from convlens.server.listening import OUT_OF_RESOURCES
from convlens.server.page import content_security_policy, page_file
from convlens.server.protection import Protection, Rules
from convlens.server.routes import NotHere, Workplace, make_routes
from convlens.server.wire import Answer


def make_app(
    place: Workplace,
    rules: Rules,
    files: Mapping[str, Path] | None = None,
    on_defect: Callable[[BaseException], None] = lambda _: None,
) -> Protection:
    """Return the server as an ASGI application. If `rules` have no content security policy, the page's is used.

    `on_defect` is called with every exception that is a bug.
    """
    files = list_page_files() if files is None else files

    @asynccontextmanager
    async def working(_app: FastAPI) -> AsyncIterator[None]:
        place.jobs.start()
        yield

    # No generated API documentation, which would load scripts from other sites.
    app = FastAPI(
        title="Convlens", docs_url=None, redoc_url=None, openapi_url=None, lifespan=working, redirect_slashes=False
    )
    app.include_router(make_routes(place))
    _add_files(app, files)
    _add_errors(app)
    rules = Rules(rules.hosts, rules.token, content_security_policy(files), rules.cookie)
    return Protection(app, rules, on_defect)


def _add_files(app: FastAPI, files: Mapping[str, Path]) -> None:
    """Serve the page at `/`, and its files both beside it, for its relative addresses, and under `/web/`."""

    def send(request: Request) -> Response:
        return page_file(files, request)

    for address in ("/", "/web/{name:path}", "/{name:path}"):
        app.add_route(address, send, methods=["GET"], include_in_schema=False)


def _add_errors(app: FastAPI) -> None:
    def answer(reason: str, status: int, **more: object) -> Answer:
        return Answer({"error": reason, **more}, status)

    @app.exception_handler(RequestValidationError)
    def on_mistake(_request: Request, error: RequestValidationError) -> Response:
        reason, where = describe_mistake(error)
        return answer(reason, 422, where=where)

    @app.exception_handler(Misfit)
    def on_misfit(_request: Request, error: Misfit) -> Response:
        return Answer(error.as_dict(), 422)

    @app.exception_handler(NotHere)
    def on_absence(_request: Request, error: NotHere) -> Response:
        return answer(str(error), 404)

    @app.exception_handler(QueueFull)
    def on_full_queue(_request: Request, error: QueueFull) -> Response:
        return answer(str(error), 429)

    @app.exception_handler(OSError)
    def on_shortage(_request: Request, error: OSError) -> Response:
        if error.errno not in OUT_OF_RESOURCES:
            raise error
        return answer("the server may open no more files just now. Close other pages, or try again.", 503)

    @app.exception_handler(ConvlensError)
    def on_error(_request: Request, error: ConvlensError) -> Response:
        reason, hint = split_reason(error)
        return answer(reason, 422, hint=hint)

    @app.exception_handler(HTTPException)
    def on_refusal(_request: Request, error: HTTPException) -> Response:
        reasons = {404: "there is nothing at this address.", 405: "this address does not support that method."}
        return answer(reasons.get(error.status_code, str(error.detail)), error.status_code)

    @app.exception_handler(Exception)
    def on_defect(_request: Request, error: Exception) -> Response:
        return answer(describe_defect(error), 500)  # the framework raises it again, and `Protection` reports it
