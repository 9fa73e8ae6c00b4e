"""The request bodies that the page may send. Types and sizes are checked here, the meaning in other packages."""

from typing import Annotated

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field

from convlens.layers.arguments import LARGEST_COUNT

Text = Annotated[str, Field(max_length=20_000)]
Place = Annotated[str, Field(min_length=1, max_length=4_096)]
Side = Annotated[int, Field(ge=1, le=LARGEST_COUNT)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class LayersBody(_Body):
    """A network and its images: known data, or a shape and a number of classes."""

    network: Text
    data: Place | None = None
    input_shape: Annotated[list[Side], Field(min_length=3, max_length=3)] | None = None
    classes: Annotated[int, Field(ge=1, le=LARGEST_COUNT)] | None = None


class TrainBody(_Body):
    """The data to train on, and settings that differ from the recipe; None uses the recipe's value."""

    data: Place = "mnist"
    network: Text | None = None
    recipe: Annotated[str, Field(max_length=100)] | None = None
    epochs: int | None = None
    seed: int | None = None


class ReportBody(_Body):
    """The name of a run."""

    run: Annotated[str, Field(min_length=1, max_length=255)]


class StopBody(_Body):
    """An empty object; a body is required, because only JSON requests are accepted."""


def describe_mistake(error: RequestValidationError) -> tuple[str, str | None]:
    """Return the problem with a body, in one line, and the field that has it."""
    first = error.errors()[0]
    # A place is ("body", field, ...); for a body that is not JSON, ("body", character).
    names = [str(part) for part in first["loc"][1:] if isinstance(part, str)]
    if first["type"] in ("json_invalid", "missing") and not names:
        return "the body is not a JSON object. Send one.", None
    message = f"{first['msg'][:1].lower()}{first['msg'][1:]}"
    return f"{'.'.join(names)[:60] or 'the body'}: {message}.", names[0][:60] if names else None
