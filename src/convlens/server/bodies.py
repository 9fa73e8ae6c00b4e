"""What the page may send: its kinds and sizes are checked here, what it means in the packages below."""

from typing import Annotated

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field

LARGEST_SIDE = 65_536
MOST_CLASSES = 1_000_000

Text = Annotated[str, Field(max_length=20_000)]
Place = Annotated[str, Field(min_length=1, max_length=4_096)]
Side = Annotated[int, Field(ge=1, le=LARGEST_SIDE)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class LayersBody(_Body):
    """A network, and the images that it is for: known data, or a shape and a number of classes."""

    network: Text
    data: Place | None = None
    input_shape: Annotated[list[Side], Field(min_length=3, max_length=3)] | None = None
    classes: Annotated[int, Field(ge=1, le=MOST_CLASSES)] | None = None


class TrainBody(_Body):
    """What to train on, and what differs from the recipe; None leaves a value to it."""

    data: Place = "mnist"
    network: Text | None = None
    recipe: Annotated[str, Field(max_length=100)] | None = None
    epochs: int | None = None
    seed: int | None = None


class ReportBody(_Body):
    """The name of a run."""

    run: Annotated[str, Field(min_length=1, max_length=255)]


class StopBody(_Body):
    """Nothing; a body there must be, since only JSON is taken."""


def describe_mistake(error: RequestValidationError) -> tuple[str, str | None]:
    """What is wrong with a body, in one line, and the field with the mistake."""
    first = error.errors()[0]
    # A place is ("body", field, ...); of a body that is no JSON, ("body", character).
    names = [str(part) for part in first["loc"][1:] if isinstance(part, str)]
    if first["type"] in ("json_invalid", "missing") and not names:
        return "the body is no JSON object. Send one.", None
    message = f"{first['msg'][:1].lower()}{first['msg'][1:]}"
    return f"{'.'.join(names)[:60] or 'the body'}: {message}.", names[0][:60] if names else None
