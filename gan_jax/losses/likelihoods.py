"""What a decoder's outputs say about an image: likelihoods in nats per image, with pixels in [-1, 1]."""

from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple

import jax
import jax.numpy as jnp
from jax.nn import log_sigmoid, log_softmax, sigmoid, softplus
from jaxtyping import Array, Float, Key

from gan_jax.bounds import Bounds, Positive
from gan_jax.losses import binarization
from gan_jax.losses.reductions import example_sum

Bits = Annotated[int, Bounds(1, most=8)]  # of a value: 2^bits levels from -1 to 1


def _as_it_is(
    images: Float[Array, "batch *space channels"], keys: Key[Array, "batch"]
) -> Float[Array, "batch *space channels"]:
    """All of an image."""
    del keys
    return images


class Likelihood(NamedTuple):
    """A family of distributions over images, with parameters that a decoder gives for every pixel."""

    channels: Callable  # (channels of the image) -> channels that the decoder must give
    negative_log_likelihood: Callable  # (outputs [B, *space, P], image [B, *space, C] in [-1, 1]) -> [B] nats
    mean: Callable  # (outputs [B, *space, P]) -> images [B, *space, C], which [-1, 1] does not bind
    discrete: bool = False  # whether it gives values a probability, not a density
    observe: Callable = (
        _as_it_is  # (images in [-1, 1], keys [B]) -> what of them is explained, of which it makes itself
    )
    of: str = ""  # what that is, where it is not an image of 256 levels: part of the names of metrics

    @property
    def log_weight(self) -> str:
        """The name of log p(x, z) - log q(z | x) as the output of a draw."""
        name = "log_probability" if self.discrete else "log_density"
        return f"{name}_of_{self.of}" if self.of else name


BINARIZATIONS = {"dynamic": binarization.dynamic, "fixed": binarization.fixed}


def bernoulli(*, binarize: Literal["", "dynamic", "fixed"] = "") -> Likelihood:
    """Each value of (image + 1) / 2 as a coin, given by its logit (Kingma and Welling 2014).

    A likelihood of binary images; of grey values it is the cross-entropy, which cannot reach zero. `binarize` makes
    binary images of grey ones: "dynamic" draws them anew in each step, "fixed" once and for all (Burda et al. 2016,
    section 5.1, compare the two, whose values are not each other's).
    """

    def negative_log_likelihood(
        outputs: Float[Array, "batch *space channels"], image: Float[Array, "batch *space channels"]
    ) -> Float[Array, "batch"]:
        return example_sum(softplus(outputs) - 0.5 * (image + 1) * outputs)

    return Likelihood(
        channels=lambda channels: channels,
        negative_log_likelihood=negative_log_likelihood,
        mean=lambda outputs: 2 * sigmoid(outputs) - 1,
        discrete=bool(binarize),
        observe=BINARIZATIONS.get(binarize, _as_it_is),
        of=f"{binarize}_binary" if binarize else "",
    )


def gaussian(*, scale: Annotated[float | None, Bounds(1e-6)] = None) -> Likelihood:
    """A normal density around each value, with a fixed standard deviation or, by default, one learned per value.

    A density of pixels in [-1, 1], so its nats can be negative; log(127.5) more per value gives the density of pixels
    in 0 to 255, which bounds the discrete likelihood. A learned scale stays softly above exp(-6), about a third of a
    level (Rybkin et al. 2021), since the density of pixels that are predicted exactly has no upper bound.
    """

    def split(outputs):
        if scale is not None:
            return outputs, jnp.log(scale)
        mean, log_scale = jnp.split(outputs, 2, axis=-1)
        return mean, softplus(log_scale + 6) - 6

    def negative_log_likelihood(
        outputs: Float[Array, "batch *space parameters"], image: Float[Array, "batch *space channels"]
    ) -> Float[Array, "batch"]:
        mean, log_scale = split(outputs)
        deviation = (image - mean) * jnp.exp(-log_scale)
        return example_sum(0.5 * deviation**2 + log_scale + 0.5 * jnp.log(2 * jnp.pi))

    return Likelihood(
        channels=lambda channels: channels if scale is not None else 2 * channels,
        negative_log_likelihood=negative_log_likelihood,
        mean=lambda outputs: split(outputs)[0],
    )


def discretized_logistic(*, bits: Bits = 8) -> Likelihood:
    """The probability of each of 2^bits levels under a logistic distribution (Kingma et al. 2016, appendix C.3).

    Below 8 bits a value's highest ones are explained, as of FFHQ and CelebA-HQ with 5 (Kingma and Dhariwal 2018); the
    encoder sees all of them.
    """

    def negative_log_likelihood(
        outputs: Float[Array, "batch *space parameters"], image: Float[Array, "batch *space channels"]
    ) -> Float[Array, "batch"]:
        mean, log_scale = jnp.split(outputs, 2, axis=-1)
        return -example_sum(_log_probability_of_level(_levels(image, bits), mean, log_scale, bits))

    return Likelihood(
        channels=lambda channels: 2 * channels,
        negative_log_likelihood=negative_log_likelihood,
        mean=lambda outputs: jnp.split(outputs, 2, axis=-1)[0],
        discrete=True,
        of=_name(bits),
    )


def discretized_logistic_mixture(*, components: Positive = 10, bits: Bits = 8) -> Likelihood:
    """A mixture of discretised logistics for each pixel (Salimans et al. 2017, PixelCNN++; Child 2021, VDVAE).

    The channels of a pixel share their component. With three, the means of green and blue also depend linearly on the
    channels before them, with coefficients that the decoder gives; otherwise the channels of a component are
    independent. The mean is that of the continuous mixture. `bits` as of `discretized_logistic`.
    """

    def parameters_per_component(channels: int) -> int:
        return 10 if channels == 3 else 1 + 2 * channels  # weight, means, scales; and three coefficients

    def split(outputs):
        per_component = outputs.shape[-1] // components
        channels = 3 if per_component == 10 else (per_component - 1) // 2
        outputs = outputs.reshape(*outputs.shape[:-1], components, per_component)
        ends = [1, 1 + channels, 1 + 2 * channels]
        logit, means, log_scales, coefficients = jnp.split(outputs, ends, axis=-1)
        return log_softmax(logit[..., 0], axis=-1), means, log_scales, jnp.tanh(coefficients)

    def shifted(means, coefficients, pixel):
        """The means [..., K, C], given the channels of `pixel` [..., K or 1, C] that come before each."""
        if coefficients.shape[-1] == 0:
            return means
        green = means[..., 1] + coefficients[..., 0] * pixel[..., 0]
        blue = means[..., 2] + coefficients[..., 1] * pixel[..., 0] + coefficients[..., 2] * pixel[..., 1]
        return jnp.stack([means[..., 0], green, blue], axis=-1)

    def negative_log_likelihood(
        outputs: Float[Array, "batch *space parameters"], image: Float[Array, "batch *space channels"]
    ) -> Float[Array, "batch"]:
        log_weights, means, log_scales, coefficients = split(outputs)
        pixel = _levels(image, bits)[..., None, :]
        by_channel = _log_probability_of_level(pixel, shifted(means, coefficients, pixel), log_scales, bits)
        by_pixel = jax.nn.logsumexp(log_weights + by_channel.sum(axis=-1), axis=-1)
        return -example_sum(by_pixel)

    def mean(outputs: Float[Array, "batch *space parameters"]) -> Float[Array, "batch *space channels"]:
        log_weights, means, _, coefficients = split(outputs)
        with_green = shifted(means, coefficients, means)  # its red and green are right; its blue needs that green
        by_component = shifted(means, coefficients, with_green)
        return (jnp.exp(log_weights)[..., None] * by_component).sum(axis=-2)

    return Likelihood(
        channels=lambda channels: components * parameters_per_component(channels),
        negative_log_likelihood=negative_log_likelihood,
        mean=mean,
        discrete=True,
        of=_name(bits),
    )


def _name(bits: int) -> str:
    return "" if bits == 8 else f"{bits}_bit"


def _levels(image: Float[Array, "*shape"], bits: int) -> Float[Array, "*shape"]:
    """The highest bits of values in [-1, 1] with 8, again in [-1, 1]."""
    if bits == 8:
        return image
    highest = jnp.floor(jnp.round((image + 1) * 127.5) / 2 ** (8 - bits))
    return 2 * highest / (2**bits - 1) - 1


def _log_probability_of_level(
    image: Float[Array, "*#shape"], mean: Float[Array, "*#shape"], log_scale: Float[Array, "*#shape"], bits: int
) -> Float[Array, "*shape"]:
    """The log of the logistic mass between half a level below and above; the outermost levels take all beyond.

    With a > b the ends of the interval in units of the scale, sigmoid(a) - sigmoid(b) is
    sigmoid(a) sigmoid(-b) (1 - exp(b - a)): exact in every tail, where the difference itself would round to zero.
    """
    half_level = 1 / (2**bits - 1)
    log_scale = jnp.maximum(log_scale, -7)  # as in PixelCNN++: 0.23 of half a level of 256
    upper = (image + half_level - mean) * jnp.exp(-log_scale)
    lower = (image - half_level - mean) * jnp.exp(-log_scale)
    log_width = jnp.log(2 * half_level) - log_scale
    narrow = log_width < -8  # where 1 - exp(-width) is the width to float precision, and could underflow
    log_inside = jnp.where(narrow, log_width, jnp.log(-jnp.expm1(-jnp.exp(jnp.where(narrow, 0.0, log_width)))))
    inside = log_sigmoid(upper) + log_sigmoid(-lower) + log_inside
    return jnp.where(image < -0.999, log_sigmoid(upper), jnp.where(image > 0.999, log_sigmoid(-lower), inside))
