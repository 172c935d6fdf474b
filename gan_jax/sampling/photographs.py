"""Pictures of any size to be asked with, read when their turn comes; what is transparent in them stays so."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from jaxtyping import UInt8

from gan_jax.data import bicubic
from gan_jax.data.pixels import to_channels
from gan_jax.data.sources.images import ImageFiles
from gan_jax.errors import InputError
from gan_jax.sampling import own_size
from gan_jax.sampling.sampler import Sampler
from gan_jax.sampling.seeds import Seeds

Picture = UInt8[np.ndarray, "height width channels"]
Alpha = UInt8[np.ndarray, "height width 1"]


class Photographs:
    """Image files as rows of a condition with so many channels; a choice of rows is read no earlier than its rows."""

    def __init__(self, files: ImageFiles, channels: int, chosen: np.ndarray | None = None):
        self.files, self.channels = files, channels
        self.chosen = np.arange(len(files)) if chosen is None else chosen

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, rows: Any) -> "Photographs":
        return Photographs(self.files, self.channels, self.chosen[rows])

    def read(self, row: int) -> tuple[Picture, Alpha | None]:
        """The colours, and what is left of a transparency that these have no channel for."""
        picture = self.files[int(self.chosen[row])]["image"]
        if picture.shape[2] == 4 != self.channels:
            return to_channels(picture[:, :, :3], self.channels), picture[:, :, 3:]
        return to_channels(picture, self.channels), None

    def stacked(self, key: str) -> UInt8[np.ndarray, "n height width channels"]:
        """All of them in one array, transparency laid over white, where they have one size."""
        pictures = [to_channels(self.files[int(i)]["image"], self.channels) for i in self.chosen]
        odd = next((i for i, picture in enumerate(pictures) if picture.shape != pictures[0].shape), None)
        if odd is not None:
            names = (self.files.names[self.chosen[i]] for i in (0, odd))
            sizes = ("{}x{}".format(*pictures[i].shape) for i in (0, odd))
            listing = ", ".join(f"{name} {size}" for name, size in zip(names, sizes, strict=True))
            raise InputError(f"{key}: pictures of several sizes ({listing}) are written to a folder, --out=FOLDER.")
        return np.stack(pictures)


def answers(
    sampler: Sampler, seeds: Seeds, condition: Mapping[str, Any], draw: str, options: Mapping[str, Any]
) -> Iterator[UInt8[np.ndarray, "1 height width channels"]]:
    """The output of each seed for its row of the condition, with the transparency of the photograph that is in it."""
    for row, seed in enumerate(seeds):
        columns, alpha = {}, None
        for name, values in condition.items():
            if isinstance(values, Photographs):
                columns[name], alpha = values.read(row)
            else:
                columns[name] = values[row]
        output = _answer(sampler, int(seed), columns, draw, options)
        if alpha is not None:
            output = np.concatenate([output, bicubic.resize_pixels(alpha, output.shape[:2])], axis=2)
        yield output[None]


def _answer(
    sampler: Sampler, seed: int, columns: Mapping[str, Any], draw: str, options: Mapping[str, Any]
) -> UInt8[np.ndarray, "height width channels"]:
    """In parts where the draw looks so far and no further, else of the whole picture, made to fit and cut back."""
    if sampler.request(draw).draw.local is not None:
        return next(sampler.each([seed], [columns], draw=draw, **options))
    name, picture = next((name, x) for name, x in columns.items() if sampler.conditions(draw)[name].kind == "image")
    fit, scale = own_size.fitting(sampler, draw, name, picture.shape[:2], options)
    given = {**columns, name: own_size.padded(picture, fit)}
    [output] = sampler([seed], given, draw=draw, **options)
    return output[: scale * picture.shape[0], : scale * picture.shape[1]]
