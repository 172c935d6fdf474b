"""Two small networks whose features of a picture and of its caption are near each other: to measure by."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import numpy as np
from flax import traverse_util
from jaxtyping import Array, Float, Int, PyTree, UInt8

from gan_jax.data.tokenizers import Tokenizer
from gan_jax.errors import InputError
from gan_jax.features import weights as weight_files
from gan_jax.features.classifier import prepare
from gan_jax.features.pooling import mean_pool
from gan_jax.nets.normalization import unit_length
from gan_jax.nets.text import Encoder

WIDTHS = (32, 64, 128)
DIMENSION = 64
BATCH = 128


class Tower(nn.Module):
    """Three normalised 3x3 convolutions of a picture, and a transformer of its caption, to unit vectors."""

    vocabulary: int

    def setup(self) -> None:
        """The layers of both halves."""
        self.convolutions = [nn.Conv(width, (3, 3), use_bias=False) for width in WIDTHS]
        self.norms = [nn.GroupNorm(num_groups=8) for _ in WIDTHS]
        self.hidden = nn.Dense(2 * DIMENSION)
        self.of_image = nn.Dense(DIMENSION)
        self.reader = Encoder(self.vocabulary, width=DIMENSION, depth=2)
        self.of_text = nn.Dense(DIMENSION)

    def images(self, x: Float[Array, "batch height width channels"]) -> Float[Array, "batch features"]:
        """Of pictures in [-1, 1]."""
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = nn.relu(norm(convolution(x)))
            if min(x.shape[1:3]) >= 8:
                x = mean_pool(x, 2)
        return unit_length(self.of_image(nn.relu(self.hidden(x.reshape(len(x), -1)))))

    def texts(self, tokens: Int[Array, "batch length"]) -> Float[Array, "batch features"]:
        """Of captions in numbers."""
        return unit_length(self.of_text(self.reader(tokens, train=False).sentence))

    def __call__(
        self, x: Float[Array, "batch height width channels"], tokens: Int[Array, "batch length"]
    ) -> tuple[Float[Array, "batch features"], Float[Array, "batch features"]]:
        """Both, one beside the other."""
        return self.images(x), self.texts(tokens)


class Trained(NamedTuple):
    """A tower with what it knows."""

    variables: PyTree
    tokenizer: Tokenizer
    size: tuple[int, int]
    channels: int

    def images(self, images: UInt8[np.ndarray, "n height width channels"]) -> Float[np.ndarray, "n features"]:
        """Unit vectors of pictures."""
        network = Tower(self.tokenizer.size)

        @jax.jit
        def apply(variables: PyTree, batch: Array) -> Array:
            return network.apply(variables, prepare(batch, self.size, self.channels), method="images")

        return _in_batches(lambda batch: apply(self.variables, batch), images)

    def texts(self, captions: Sequence[str]) -> Float[np.ndarray, "n features"]:
        """Unit vectors of captions."""
        network = Tower(self.tokenizer.size)
        apply = jax.jit(lambda variables, tokens: network.apply(variables, tokens, method="texts"))
        tokens = np.stack([self.tokenizer.encode(text, "a caption for the tower") for text in captions])
        return _in_batches(lambda batch: apply(self.variables, batch), tokens)


def _in_batches(function: Any, values: np.ndarray) -> np.ndarray:
    """The last batch is filled up with its first row, so that there is one program."""
    found = []
    for start in range(0, len(values), BATCH):
        batch = values[start : start + BATCH]
        full = np.concatenate([batch, np.repeat(batch[:1], BATCH - len(batch), axis=0)])
        found.append(np.asarray(function(full))[: len(batch)])
    return np.concatenate(found)


def write(file: Path, trained: Trained, **about: Any) -> str:
    """Writes a tower as one npz; returns its SHA-256."""
    arrays = {"/".join(path): np.asarray(x) for path, x in traverse_util.flatten_dict(trained.variables).items()}
    own = dict(tokenizer=list(trained.tokenizer), size=list(trained.size), channels=trained.channels)
    return weight_files.write(file, arrays, kind="tower", **own, **about)


def read(path: str) -> Trained:
    """The tower of a file that `gan-jax tower` wrote; without a path, `tower` in the weights folder."""
    file = weight_files.load("tower", path)
    if file.about.get("kind") != "tower":
        raise InputError(f"{file.path}: these are no weights of a tower; `gan-jax tower` trains one.")
    scheme, length, vocabulary = file.about["tokenizer"]
    variables = traverse_util.unflatten_dict({tuple(name.split("/")): x for name, x in file.arrays.items()})
    tokenizer = Tokenizer(scheme, length, tuple(vocabulary))
    return Trained(variables, tokenizer, tuple(file.about["size"]), file.about["channels"])
