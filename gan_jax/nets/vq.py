"""An encoder, a quantizer and a decoder as one network (van den Oord et al. 2017, VQ-VAE)."""

import flax.linen as nn
from jaxtyping import Array, Float, Int

from gan_jax.nets.checks import Label
from gan_jax.nets.layers import Conv
from gan_jax.nets.quantizers import Quantized

Images = Float[Array, "batch height width channels"]
Maps = Float[Array, "batch rows columns features"]


class VQ(nn.Module):
    """Images to maps of codes and back; between halves and codes stand 1x1 convolutions to the quantizer's features."""

    encoder: nn.Module  # image, label -> a map of vectors
    quantizer: nn.Module  # one of nets.quantizers
    decoder: nn.Module  # a map of vectors, label -> parameters of the likelihood

    def setup(self) -> None:
        """The layers between the halves."""
        shared = dict(kernel_size=1, initializer="lecun")
        self.before = Conv(self.quantizer.features, **shared)
        self.after = Conv(max(self.quantizer.features, 16), **shared)

    def encode(self, image: Images, label: Label = None, *, train: bool) -> tuple[Maps, Quantized]:
        """The vectors before and after quantization, float32."""
        vectors = self.before(self.encoder(image, label, train=train), train=train)
        return vectors, self.quantizer(vectors, train=train)

    def decode(self, values: Maps, label: Label = None, *, train: bool) -> Images:
        """Parameters of the likelihood of quantized vectors."""
        return self.decoder(self.after(values, train=train), label, train=train)

    def lookup(self, codes: Int[Array, "batch rows columns"]) -> Maps:
        """The quantized vectors of codes."""
        return self.quantizer.lookup(codes)

    def num_codes(self) -> int:
        """How many codes there are."""
        return self.quantizer.codes

    def __call__(self, image: Images, label: Label = None, *, train: bool) -> Images:
        """A reconstruction; the first call, which makes the parameters of all parts."""
        _, quantized = self.encode(image, label, train=train)
        return self.decode(quantized.values, label, train=train)
