"""From vectors to codes, and back: codebooks (van den Oord et al. 2017), finite scalars, and signs (lookup-free).

A quantizer is a module with the number of its `codes`, the `features` of a vector, a call from vectors [B, h, w, C] to
a `Quantized`, and `lookup` from codes to vectors. The gradient goes straight through; what else there is to learn is
for terms.
"""

import math
from typing import Annotated, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax.lax import stop_gradient
from jaxtyping import Array, Float, Int

from gan_jax import rng
from gan_jax.bounds import Amount, Bounds, Positive, Share

Maps = Float[Array, "batch height width features"]
Codes = Int[Array, "batch height width"]


class Quantized(NamedTuple):
    """A choice of codes."""

    values: Maps  # the chosen vectors, with the gradient of the given ones
    codes: Codes
    chosen: Maps  # the chosen vectors, with the gradient of the codebook


def _through(values: Maps, chosen: Maps) -> Maps:
    """The chosen, with the gradient of the values."""
    return values + stop_gradient(chosen - values)


def _nearest(values: Maps, vectors: Float[Array, "codes features"]) -> Codes:
    """The nearest vector of each; in float32, and without the values' own norm, which decides nothing."""
    flat = values.astype(jnp.float32).reshape(-1, values.shape[-1])
    product = jnp.matmul(flat, vectors.T, precision="highest")
    distance = jnp.square(vectors).sum(axis=1) - 2 * product
    return distance.argmin(axis=1).astype(jnp.int32).reshape(values.shape[:-1])


class Codebook(nn.Module):
    """Vectors that are parameters, which the term `codebook` moves to what is quantized."""

    codes: Positive = 512
    features: Positive = 64

    def setup(self) -> None:
        """The vectors, drawn uniformly within 1 / codes."""
        self.vectors = self.param("vectors", _uniform(1 / self.codes), (self.codes, self.features))

    def __call__(self, values: Maps, *, train: bool) -> Quantized:
        """The nearest vectors."""
        del train
        codes = _nearest(stop_gradient(values), stop_gradient(self.vectors))
        chosen = self.vectors[codes]
        return Quantized(_through(values, chosen), codes, chosen)

    def lookup(self, codes: Codes) -> Maps:
        """The vectors of codes."""
        return self.vectors[codes]


class MovingCodebook(nn.Module):
    """Vectors that are moving averages of what they were chosen for (van den Oord et al. 2017, appendix A.1).

    A vector that is chosen less than `restart` times a step on average begins anew as one of the step's vectors, chosen
    at random (Dhariwal et al. 2020, Jukebox, section 3.1); 0: none does. On several devices all see the same vectors.
    """

    codes: Positive = 512
    features: Positive = 64
    axis_name: str | None = None
    decay: Share = 0.99
    restart: Amount = 0.0

    def setup(self) -> None:
        """Averages, in the collection `codebook`, which are no parameters."""
        drawn = (rng.key(0), (self.codes, self.features))
        self.vectors = self.variable("codebook", "vectors", _uniform(1.0), *drawn)
        self.sums = self.variable("codebook", "sums", _uniform(1.0), *drawn)
        self.counts = self.variable("codebook", "counts", jnp.ones, (self.codes,))
        self.steps = self.variable("codebook", "steps", lambda: jnp.int32(0))

    def __call__(self, values: Maps, *, train: bool) -> Quantized:
        """The nearest vectors; training then moves these."""
        codes = _nearest(stop_gradient(values), self.vectors.value)
        chosen = self.vectors.value[codes]
        if train and not self.is_initializing():
            self._follow(stop_gradient(values).astype(jnp.float32).reshape(-1, self.features), codes.reshape(-1))
        return Quantized(_through(values, chosen), codes, stop_gradient(chosen))

    def lookup(self, codes: Codes) -> Maps:
        """The vectors of codes."""
        return self.vectors.value[codes]

    def _follow(self, values: Float[Array, "n features"], codes: Int[Array, " n"]) -> None:
        counts = jnp.zeros(self.codes).at[codes].add(1.0)
        sums = jnp.zeros((self.codes, self.features)).at[codes].add(values)
        if self.axis_name is not None:
            counts, sums = jax.lax.psum((counts, sums), self.axis_name)
            values = jax.lax.all_gather(values, self.axis_name, tiled=True)
        counts = self.decay * self.counts.value + (1 - self.decay) * counts
        sums = self.decay * self.sums.value + (1 - self.decay) * sums
        if self.restart:
            key = jax.random.fold_in(rng.key(0), self.steps.value)
            fresh = values[jax.random.randint(key, (self.codes,), 0, len(values))]
            dead = counts < self.restart
            counts = jnp.where(dead, 1.0, counts)
            sums = jnp.where(dead[:, None], fresh, sums)
        # Counts are smoothed, so that a vector nobody chooses stays where it is.
        total = counts.sum()
        smooth = (counts + 1e-5) / (total + self.codes * 1e-5) * total
        self.counts.value, self.sums.value = counts, sums
        self.vectors.value = sums / smooth[:, None]
        self.steps.value += 1


class FiniteScalars(nn.Module):
    """FSQ (Mentzer et al. 2024): each feature rounded to one of a few levels. Nothing of it is learned.

    The first feature is the fastest digit of a code. The paper's levels are (8, 6, 5) for 240 codes, (8, 5, 5, 5) for
    1,000, (7, 5, 5, 5, 5) for 4,375, (8, 8, 8, 6, 5) for 15,360 and (8, 8, 8, 5, 5, 5) for 64,000.
    """

    levels: Annotated[tuple[int, ...], Bounds(2)] = (8, 5, 5, 5)

    @property
    def codes(self) -> int:
        """How many there are."""
        return math.prod(self.levels)

    @property
    def features(self) -> int:
        """Of a vector."""
        return len(self.levels)

    def __call__(self, values: Maps, *, train: bool) -> Quantized:
        """Values in [-1, 1]: digits around 0, divided by half the number of levels."""
        del train
        levels = jnp.array(self.levels, jnp.float32)
        half = (levels - 1) * (1 + 1e-3) / 2
        offset = jnp.where(levels % 2 == 0, 0.5, 0.0)
        shift = jnp.arctanh(offset / half)
        bounded = jnp.tanh(values.astype(jnp.float32) + shift) * half - offset
        digits = _through(bounded, jnp.round(bounded))
        chosen = digits / (levels // 2)
        whole = jnp.round(digits).astype(jnp.int32) + jnp.array(self.levels) // 2
        codes = whole @ jnp.array(self._basis(), jnp.int32)
        return Quantized(chosen, codes, stop_gradient(chosen))

    def lookup(self, codes: Codes) -> Maps:
        """The vectors of codes."""
        levels = jnp.array(self.levels)
        digits = codes[..., None] // jnp.array(self._basis()) % levels
        return (digits - levels // 2) / (levels // 2)

    def _basis(self) -> tuple[int, ...]:
        return tuple(math.prod(self.levels[:place]) for place in range(len(self.levels)))


class Signs(nn.Module):
    """Lookup-free quantization (Yu et al. 2024, MAGVIT-v2): the sign of each of `bits` features.

    The first feature is the highest bit of a code. The term `code_entropy` keeps codes in use.
    """

    bits: Annotated[int, Bounds(1, 31)] = 10

    @property
    def codes(self) -> int:
        """How many there are."""
        return 2**self.bits

    @property
    def features(self) -> int:
        """Of a vector."""
        return self.bits

    def __call__(self, values: Maps, *, train: bool) -> Quantized:
        """Values of -1 and 1."""
        del train
        positive = values > 0
        chosen = jnp.where(positive, 1.0, -1.0)
        codes = positive.astype(jnp.int32) @ jnp.array(self._basis(), jnp.int32)
        return Quantized(_through(values, chosen), codes, chosen)

    def lookup(self, codes: Codes) -> Maps:
        """The vectors of codes."""
        bits = codes[..., None] // jnp.array(self._basis(), jnp.int32) % 2
        return 2.0 * bits - 1

    def _basis(self) -> tuple[int, ...]:
        return tuple(2**place for place in reversed(range(self.bits)))


def _uniform(bound: float) -> nn.initializers.Initializer:
    def draw(key: Array, shape: tuple[int, ...], dtype: jnp.dtype = jnp.float32) -> Array:
        return jax.random.uniform(key, shape, dtype, -bound, bound)

    return draw
