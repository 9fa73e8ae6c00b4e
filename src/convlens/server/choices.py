# Paths of images are strings here: names may be invalid Unicode, and creating a million Path objects is slow.
# ruff: noqa: PTH112, PTH114, PTH120
"""Checks a training request before it is queued, so that mistakes are shown at once, beside their field."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from convlens.data import find_entry, is_custom_path
from convlens.data.custom.array_files import is_idx_name
from convlens.data.custom.listing import Listing
from convlens.errors import ConvlensError, NetworkError, UsageError, in_words
from convlens.exports.page_model import MOST_PARAMETERS
from convlens.files import expand_user
from convlens.network import LayerTable, layer_table, read_network
from convlens.server.bodies import TrainBody
from convlens.training.recipes import DEFAULT_RECIPE, choose_settings
from convlens.words import printable

Shape = tuple[tuple[int, int, int], int]


class Misfit(Exception):
    """A value that the page sent cannot be used: the field, the reason, and the position in its text."""

    def __init__(self, where: str, error: ConvlensError, *, unread: bool = False) -> None:
        super().__init__(str(error))
        self.where, self.error, self.unread = where, error, unread

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values: the reason, what to do, and the place."""
        reason, hint = split_reason(self.error)
        position = self.error.position if isinstance(self.error, NetworkError) else None
        known = {"error": reason, "hint": hint, "where": self.where, "position": position}
        return known | {"unread": True} if self.unread else known


def split_reason(error: ConvlensError) -> tuple[str, str]:
    """Split a message into the problem (its first sentence) and the advice (the rest).

    >>> split_reason(UsageError("epochs is 0; give more. Or leave it out."))
    ('epochs is 0; give more.', 'Or leave it out.')
    """
    text = error.reason if isinstance(error, NetworkError) else in_words(error)
    first, dot, rest = " ".join(text.split()).partition(". ")
    return (first + "." if dot else first), rest


def check_request(request: TrainBody, shapes: Mapping[str, Shape], only_below: Path | None) -> None:
    """Check that a requested training can start.

    Args:
        request: the training that the page requests.
        shapes: the shapes of data that have been read already.
        only_below: the folder that custom images must be in; None: anywhere.

    Raises:
        Misfit: the training cannot start; it has the field, the reason and the position.
    """
    shape = _at("data", lambda: find_shape(request.data, shapes, only_below))
    recipe = request.recipe or DEFAULT_RECIPE
    _at("recipe", lambda: choose_settings(recipe))
    _at("epochs", lambda: choose_settings(recipe, epochs=request.epochs))
    _at("seed", lambda: choose_settings(recipe, seed=request.seed))
    if request.network is not None and shape is not None:
        tabulate(request.network, shape)
    elif request.network is not None:
        _at("network", lambda: read_network(request.network or ""))


def tabulate(network: str, shape: Shape) -> LayerTable:
    """Return the layer table of a network that a page can show.

    Raises:
        Misfit: the network cannot be read, does not fit the images, or is too large.
    """
    table = _at("network", lambda: layer_table(read_network(network), *shape))
    if table.parameters > MOST_PARAMETERS:
        reason = f"this network has {table.parameters:,} parameters; the page can show up to {MOST_PARAMETERS:,}. "
        hint = "Use fewer channels, or a pooling layer before the first dense layer."
        raise Misfit("network", UsageError(reason + hint))
    return table


def find_shape(data: str, shapes: Mapping[str, Shape], only_below: Path | None = None) -> Shape | None:
    """Return the input shape and the number of classes of data, if they are known before reading it.

    Raises:
        UsageError: the data is neither a known dataset nor a path that may be read.
    """
    if data in shapes:
        return shapes[data]
    if not is_custom_path(data):
        entry = find_entry(data)
        return entry.shape, len(entry.class_names)
    path = expand_user(data)
    if only_below is not None and not path.resolve().is_relative_to(only_below.resolve()):
        raise _outside(f"{data!r:.200}")
    if not path.exists():
        raise UsageError(f"{data!r:.200} does not exist. Give a known dataset, or the path of a folder or a file.")
    return None


def check_places(listing: Listing, only_below: Path) -> None:
    """Check that all files of a source are in a folder, wherever links and the paths in a table lead.

    Raises:
        UsageError: a file is elsewhere.
    """
    root = os.path.realpath(only_below)
    inside: dict[str, bool] = {}
    for place in _places(listing):
        folder = os.path.dirname(place)
        if folder not in inside:
            inside[folder] = _is_below(folder, root)
        # A file that is not a link is in its folder, which is checked only once.
        if not (_is_below(place, root) if os.path.islink(place) else inside[folder]):
            raise _outside(printable(place)[:200])


def _places(listing: Listing) -> Iterator[str]:
    """Yield the files of a source. For arrays, yield only links: the others are in the source's folder, or in the cache
    if they came from an archive.
    """
    if listing.archive:
        yield listing.archive
    elif not listing.arrays:
        yield from (listing.place(number) for number in range(len(listing)))
    elif os.path.isdir(listing.root):
        with os.scandir(listing.root) as entries:
            yield from (entry.path for entry in entries if is_idx_name(entry.name) and entry.is_symlink())


def _is_below(place: str, root: str) -> bool:
    return Path(os.path.realpath(place)).is_relative_to(root)


def _outside(place: str) -> UsageError:
    return UsageError(
        f"{place} is outside the folder that `convlens open` was started in, and this server listens to "
        "other machines. Move the images into that folder, or start the server without --host."
    )


def _at(where: str, look: Callable[[], Any]) -> Any:
    """Call `look`, and report errors that it raises for this field."""
    try:
        return look()
    except (ConvlensError, OSError, ValueError) as error:  # the text may not be a valid path
        known = error if isinstance(error, ConvlensError) else UsageError(f"{error}.")
        raise Misfit(where, known) from error
