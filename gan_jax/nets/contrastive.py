"""A generator that describes patches of pictures by what it sees in them itself: CUT (Park et al. 2020)."""

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from gan_jax import rng
from gan_jax.bounds import Positive
from gan_jax.errors import InputError, nearest
from gan_jax.nets.checks import Label
from gan_jax.nets.dropout import KeyData, Noise
from gan_jax.nets.layers import Dense
from gan_jax.nets.normalization import unit_length

Pictures = Float[Array, "batch height width inputs"]
Answers = Float[Array, "batch height width channels"]


class Head(nn.Module):
    """Two dense layers, whose outputs have length 1."""

    width: int

    @nn.compact
    def __call__(
        self, x: Float[Array, "batch patches features"], *, train: bool
    ) -> Float[Array, "batch patches width"]:
        """Float32, whatever it is given."""
        x = x.astype(jnp.float32)
        for layer in range(2):
            x = Dense(self.width, initializer="xavier", name=f"layer_{layer}")(
                x if layer == 0 else nn.relu(x), train=train
            )
        return unit_length(x)


class Generator(nn.Module):
    """A network from pictures to pictures, and a head for each of its `layers`, trained as one player.

    The network has a method `maps`: pictures -> {layer: [B, h, w, C]}. A head sees the features at `patches` places of
    a map, or at all where there are no more, and gives `width` numbers for each. The default layers are those that are
    published: the pixels, both ways down, the first and the fifth block.
    """

    translator: nn.Module
    layers: tuple[str, ...] = ("source", "down_1", "down_2", "block_0", "block_4")
    patches: Positive = 256
    width: Positive = 256

    def setup(self) -> None:
        """The heads, by their layer."""
        self.heads = {layer: Head(self.width) for layer in self.layers}

    def __call__(self, source: Pictures, noise: Noise = None, label: Label = None, *, train: bool) -> Answers:
        """The translation; the first call makes the parameters of all parts."""
        given = () if label is None else (label,)
        answers = self.translator(source, noise, *given, train=train)
        if self.is_initializing():
            self.described(source, jax.random.key_data(jax.random.split(rng.key(0), len(source))), train=train)
        return answers

    def described(
        self, pictures: Pictures, keys: KeyData, mirrored: Bool[Array, "batch"] | None = None, *, train: bool
    ) -> dict[str, Float[Array, "batch _ features"]]:
        """Unit vectors of some places, by layer: the same places for the same `keys` and size of pictures.

        Where pictures are `mirrored`, places are those of their mirror images.
        """
        maps = self.translator.maps(pictures, train=train)
        unknown = [layer for layer in self.layers if layer not in maps]
        if unknown:
            raise InputError(f"layers: {unknown[0]!r} is none of this network's. {nearest(unknown[0], maps)}")
        found = {}
        for number, layer in enumerate(self.layers):
            x = maps[layer]
            x = x if mirrored is None else jnp.where(mirrored[:, None, None, None], x[:, :, ::-1], x)
            flat = x.reshape(len(x), -1, x.shape[-1])
            places = _places(keys, number, flat.shape[1], self.patches)
            found[layer] = self.heads[layer](jnp.take_along_axis(flat, places[:, :, None], axis=1), train=train)
        return found


def _places(keys: KeyData, number: int, count: int, patches: int) -> Int[Array, "batch patches"]:
    """Of `count` places so many as there are patches, each once; by the key of the example and the layer's number."""

    def chosen(key: Array) -> Array:
        own = jax.random.fold_in(rng.wrapped(key), number)
        return jax.random.permutation(own, count)[:patches]

    return jax.vmap(chosen)(keys)
