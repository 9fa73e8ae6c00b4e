"""The HTTP interface, with one function per address; `docs/page.md` describes it.

Functions that use the disk or compute are plain functions: the framework runs them in a thread, so a slow model blocks
no other request.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse

import convlens
from convlens.data import CATALOGUE, status
from convlens.errors import ConvlensError, UsageError
from convlens.server.bodies import LayersBody, ReportBody, StopBody, TrainBody
from convlens.server.choices import Misfit, Shape, check_request, find_shape, tabulate
from convlens.server.event_stream import stream_events
from convlens.server.jobs import Job, Jobs
from convlens.server.models import Models
from convlens.server.reports import POLICY, make_report, read_report
from convlens.server.run_list import list_runs
from convlens.server.wire import Answer

MOST_LISTENERS = 64
_UNKNOWN = (1, 28, 28), 10
_MOST_DIGITS = 16


@dataclass
class Workplace:
    """The state shared by all addresses: models, trainings, folders."""

    models: Models
    jobs: Jobs
    runs: Path
    data_dir: Path | None
    shapes: dict[str, Shape]
    only_below: Path | None = None


class NotHere(Exception):
    """Nothing has this name."""


def make_routes(place: Workplace) -> APIRouter:
    """Return all addresses under `/api`, and the reports."""
    routes = APIRouter()
    _add_reading(routes, place)
    _add_training(routes, place)
    _add_reports(routes, place)
    return routes


def _add_reading(routes: APIRouter, place: Workplace) -> None:
    @routes.get("/api/state")
    def state() -> Response:
        return Answer(_state(place))

    @routes.get("/api/runs")
    def runs() -> Response:
        return Answer(list_runs(place.runs))

    @routes.get("/api/model")
    def model(run: str = "") -> Response:
        try:
            return Response(place.models.payload(run), media_type="application/json")
        except UsageError:
            raise
        except ConvlensError as error:
            raise NotHere(str(error)) from error

    @routes.post("/api/layers")
    def layers(body: LayersBody) -> Response:
        return Answer(tabulate(body.network, _shape_for(body, place)).as_dict())


def _add_training(routes: APIRouter, place: Workplace) -> None:
    @routes.post("/api/train")
    def train(body: TrainBody) -> Response:
        check_request(body, place.shapes, place.only_below)
        return Answer({"job": place.jobs.add(body).name})

    @routes.get("/api/jobs")
    def jobs() -> Response:
        return Answer([job.as_dict() for job in place.jobs.all()])

    @routes.post("/api/jobs/{name}/stop")
    def stop(name: str, _body: StopBody) -> Response:
        job = _job(place, name)
        place.jobs.stop(job)
        return Answer(job.as_dict())

    @routes.get("/api/jobs/{name}/events")
    async def events(
        name: str,
        last_event_id: Annotated[str, Header()] = "",
        after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    ) -> Response:
        log = _job(place, name).log
        # A reconnecting browser sends the last event it received in a header; a reconnecting page, in the address.
        after = after if (given := _event_number(last_event_id)) is None else given
        if log.ended and log.next_after(after) is None:
            return Response(status_code=204)  # tells a browser not to reconnect
        if place.jobs.listeners >= MOST_LISTENERS:
            reason = f"{MOST_LISTENERS} pages are connected already. Close one of them."
            return Answer({"error": reason}, 503)
        return StreamingResponse(stream_events(log, after), media_type="text/event-stream")


def _add_reports(routes: APIRouter, place: Workplace) -> None:
    @routes.post("/api/report")
    def report(body: ReportBody) -> Response:
        return Answer({"url": make_report(place.runs, body.run, place.data_dir)})

    @routes.get("/reports/{run}")
    def written(run: str) -> Response:
        try:
            content = read_report(place.runs, run)
        except (ConvlensError, OSError) as error:
            raise NotHere(f"there is no report of a run {run!r:.60}.") from error
        return Response(content, media_type="text/html", headers={"Content-Security-Policy": POLICY})


def _event_number(header: str) -> int | None:
    """Return the number in a `Last-Event-ID` header; None if it is not one that this server can have sent.

    >>> _event_number("12"), _event_number("12a"), _event_number("9" * 5000)
    (12, None, None)
    """
    return int(header) if header.isascii() and header.isdigit() and len(header) <= _MOST_DIGITS else None


def _state(place: Workplace) -> dict[str, Any]:
    running = place.jobs.running
    return {
        "served": True,
        "version": convlens.__version__,
        "model": None if place.models.is_gone else place.models.given_name,
        "gone": place.models.given_name if place.models.is_gone else None,
        "runs": list_runs(place.runs),
        "datasets": _datasets(place),
        "job": None if running is None else running.as_dict(),
        "queue": place.jobs.waiting,
        "report": True,
    }


def _job(place: Workplace, name: str) -> Job:
    job = place.jobs.find(name)
    if job is None:
        raise NotHere(f"there is no training {name!r:.40}; /api/jobs lists the known ones.")
    return job


def _datasets(place: Workplace) -> list[dict[str, Any]]:
    return [
        {
            "name": entry.name,
            "title": entry.title,
            "here": status(entry, place.data_dir).state == "present",
            "shape": list(entry.shape),
            "classes": len(entry.class_names),
        }
        for entry in CATALOGUE.values()
    ]


def _shape_for(body: LayersBody, place: Workplace) -> Shape:
    """Return the input shape and classes of the network; given values take precedence over those of the data."""
    known: Shape | None = _UNKNOWN
    if body.data is not None:
        try:
            known = find_shape(body.data, place.shapes, place.only_below)
        except (ConvlensError, OSError, ValueError) as error:
            raise Misfit("data", UsageError(str(error))) from error
    if known is None and (body.input_shape is None or body.classes is None):
        reason = "these images have not been read yet, so their shape is not known. Train once."
        raise Misfit("data", UsageError(reason), unread=True)
    shape, classes = known or _UNKNOWN
    channels, height, width = body.input_shape or shape
    return (channels, height, width), body.classes or classes
