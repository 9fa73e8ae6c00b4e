"""Augmentation of images in PyTorch, on any device: the same arithmetic as `native/kernels/change.hpp`.

It uses plain tensor operations, since the coordinates of `grid_sample`, from −1 to 1, would add rounding errors.
"""

import math

import torch

from convlens.engines.augmentation import (
    AFFINE,
    BLUR,
    COVER,
    ELASTIC_X,
    ELASTIC_Y,
    GAIN,
    KEY,
    NOISE,
    OFFSET,
    THICKNESS,
    WAVES,
)
from convlens.errors import UsageError

_WORD = 0xFFFFFFFF
_NOISE_DEVIATION = 147.80167
"""The standard deviation of the sum of four random bytes: √(4 · (256² − 1)/12)."""


def change_images(images: torch.Tensor, changes: torch.Tensor) -> torch.Tensor:
    """Apply `changes` (N × `CHANGE_NUMBERS`) to `images` (0 to 255, N×C×H×W); the results are whole levels."""
    if not torch.isfinite(changes).all():
        raise UsageError("changes contain NaN or infinity; give finite numbers.")
    moved = _moved(images.float(), changes)
    moved = _thickened(moved, changes[:, THICKNESS])
    moved = _softened(moved, changes[:, BLUR])
    return _relit(_covered(moved, changes[:, COVER : COVER + 5]), changes)


def _to_levels(values: torch.Tensor) -> torch.Tensor:
    return (values.clamp(0, 255) + 0.5).floor()


def _moved(images: torch.Tensor, changes: torch.Tensor) -> torch.Tensor:
    count, channels, height, width = images.shape
    across, down = _waves(width, images.device), _waves(height, images.device)
    elastic_x = torch.einsum(
        "nij,jy,ix->nyx", changes[:, ELASTIC_X : ELASTIC_X + WAVES**2].view(-1, WAVES, WAVES), down, across
    )
    elastic_y = torch.einsum(
        "nij,jy,ix->nyx", changes[:, ELASTIC_Y : ELASTIC_Y + WAVES**2].view(-1, WAVES, WAVES), down, across
    )
    x = torch.arange(width, device=images.device) - (width - 1) / 2
    y = (torch.arange(height, device=images.device) - (height - 1) / 2)[:, None]
    a, b, c, d, e, f = (one[:, None, None] for one in changes[:, AFFINE : AFFINE + 6].unbind(1))
    from_x = (a * x + b * y + c + (width - 1) / 2 + elastic_x).clamp(0, width - 1)
    from_y = (d * x + e * y + f + (height - 1) / 2 + elastic_y).clamp(0, height - 1)
    left, top = from_x.floor().long(), from_y.floor().long()
    right_share, lower_share = (from_x - left)[:, None], (from_y - top)[:, None]
    right, bottom = (left + 1).clamp(max=width - 1), (top + 1).clamp(max=height - 1)
    flat = images.reshape(count, channels, -1)

    def at(row: torch.Tensor, column: torch.Tensor) -> torch.Tensor:
        places = (row * width + column).reshape(count, 1, -1).expand(-1, channels, -1)
        return flat.gather(2, places).reshape(images.shape)

    upper = torch.lerp(at(top, left), at(top, right), right_share)
    lower = torch.lerp(at(bottom, left), at(bottom, right), right_share)
    return _to_levels(torch.lerp(upper, lower, lower_share))


def _waves(size: int, device: torch.device) -> torch.Tensor:
    """Return waves × size values: cos(π · wave · (position + ½)/size)."""
    places = torch.arange(size, device=device) + 0.5
    return torch.cos(math.pi * torch.arange(WAVES, device=device)[:, None] * places / size)


def _neighbours(images: torch.Tensor) -> list[list[torch.Tensor]]:
    """Return the images shifted by −1, 0 and 1 in both directions, with repeated edges; [1][1] is not shifted."""
    height, width = images.shape[2:]
    framed = torch.nn.functional.pad(images, (1, 1, 1, 1), mode="replicate")
    return [[framed[:, :, y : y + height, x : x + width] for x in range(3)] for y in range(3)]


def _thickened(images: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    near = _neighbours(images)
    cross = torch.stack([near[0][1], near[2][1], near[1][0], near[1][2], images])
    shares = shares[:, None, None, None]
    part = (128 * shares.abs() + 0.5).floor()
    wanted = torch.where(shares > 0, cross.amax(0), cross.amin(0))
    return images + ((part * (wanted - images) + 64) / 128).floor()


def _softened(images: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    near = _neighbours(images)
    total = torch.stack([(2 - abs(y - 1)) * (2 - abs(x - 1)) * near[y][x] for y in range(3) for x in range(3)]).sum(0)
    part = (128 * shares[:, None, None, None] + 0.5).floor()
    mean = ((total + 8) / 16).floor()
    return ((images * (128 - part) + mean * part + 64) / 128).floor()


def _covered(images: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    height, width = images.shape[2:]
    top, left, bottom, right, level = (one.trunc()[:, None, None, None] for one in boxes.unbind(1))
    rows = torch.arange(height, device=images.device)[:, None]
    columns = torch.arange(width, device=images.device)
    inside = (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)
    return torch.where(inside, level.clamp(0, 255), images)


def _relit(images: torch.Tensor, changes: torch.Tensor) -> torch.Tensor:
    channels = images.shape[1]
    lights = torch.arange(channels, device=images.device).clamp(max=2)
    gain, offset = changes[:, GAIN + lights][:, :, None, None], changes[:, OFFSET + lights][:, :, None, None]
    values = images * gain + offset
    noisy = (changes[:, NOISE] > 0).nonzero()[:, 0]
    if len(noisy):
        counter = torch.arange(images[0].numel(), device=images.device).reshape(images.shape[1:])
        word = _mixed(counter[None], changes[noisy, KEY].long()[:, None, None, None])
        total = sum((word >> shift) & 255 for shift in (0, 8, 16, 24))
        amount = (changes[noisy, NOISE] / _NOISE_DEVIATION)[:, None, None, None]
        values = values.index_add(0, noisy, (total - 510) * amount)
    return _to_levels(values)


def _mixed(counter: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
    """Compute the 32-bit hash of `native/kernels/activation.hpp` with 64-bit integers."""
    counter = counter ^ key
    for _ in range(2):
        counter = counter ^ (counter >> 16)
        counter = (counter * 0x85EBCA6B) & _WORD
        counter = counter ^ (counter >> 13)
        counter = (counter * 0xC2B2AE35) & _WORD
        counter = counter ^ (counter >> 16)
        counter = (counter + key * 0x9E3779B9 + 0x7F4A7C15) & _WORD
    return counter
