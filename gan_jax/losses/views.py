"""What a loss term can look at: a View of each family of objectives.

A View of which one thing should be like another has a `pair` of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

from jaxtyping import Array, Bool, Float, Int, Key, PyTree

from gan_jax.errors import InputError
from gan_jax.losses.gaussians import Mixture
from gan_jax.types import Batch, Facts, TrainState

Pictures = Float[Array, "batch *space channels"]  # in [-1, 1]
Sources = Float[Array, "batch *own_space own_channels"]  # pictures that may be of another size and kind


@dataclass(frozen=True, kw_only=True)
class View:
    """What every term can look at."""

    batch: Batch  # the data's columns, [B, ...] each, and `position`
    key: Key[
        Array, ""
    ]  # the term's own in this step; `rng.per_example(view.key, view.batch["position"])`: one for each
    axis_name: str | None  # of the devices, where each sees its own part of the batch; None where all of it is here
    step: Int[Array, ""]  # that is made, from 0 on
    frozen: Mapping[str, Callable]  # name: inputs -> outputs, the networks of the config's section `frozen`
    params: PyTree  # of the player whose loss it is
    carry: PyTree = None  # the term's memory, for terms with a method `init`

    def replace(self, **fields: Any) -> "View":
        """The same with other values of some fields."""
        return replace(self, **fields)


class Seen(NamedTuple):
    """What a penalty takes the slope at: images before they are augmented, and what becomes of them."""

    images: Pictures
    logits: Callable  # the like of `images` -> logits, augmented on the way as these were


@dataclass(frozen=True, kw_only=True)
class Judged(View):
    """What is real, what is not, and what a discriminator says of both; None where there is no discriminator."""

    real: Array | None = None
    fake: Array | None = None
    real_judged: Mapping[str, PyTree] | None = None  # all that it says: "logits", and what its head adds to them
    fake_judged: Mapping[str, PyTree] | None = None
    discriminator: Callable | None = None  # the like of `real` -> logits, at the current parameters
    judge: Callable | None = None  # the like of `real` -> all that it says; None where no term of the game asks for it

    @property
    def real_logits(self) -> Float[Array, "batch *places"]:
        """One for each image, or a map of them."""
        return self.real_judged["logits"]

    @property
    def fake_logits(self) -> Float[Array, "batch *places"]:
        """One for each image, or a map of them."""
        return self.fake_judged["logits"]

    @property
    def real_seen(self) -> Seen:
        """Real images, and the way from them to their logits."""
        return Seen(self.real, self.discriminator)

    @property
    def fake_seen(self) -> Seen:
        """Generated images, and the way from them to their logits."""
        return Seen(self.fake, self.discriminator)


@dataclass(frozen=True, kw_only=True)
class GanView(Judged):
    """The state of play between a generator and a discriminator."""

    real: Pictures  # augmented as the discriminator saw it
    fake: Pictures
    original: Pictures  # real, before they were augmented
    generated: Pictures  # as the generator made them
    augmented: Callable  # (the like of `original`, of `generated`) -> both augmented as `real` and `fake` are
    latent: PyTree  # a tree of [B, ...]
    generator: Callable  # latent -> images, at the current parameters
    codes: Float[Array, "batch *code"]  # what images are a smooth function of: the w of a style-based generator, or z
    synthesis: Callable  # codes -> images, at the current parameters
    shown: Callable  # generated images -> what the discriminator would see of them: augmented

    @property
    def real_seen(self) -> Seen:
        """Real images before they are augmented, and the way from them to their logits."""
        return Seen(self.original, lambda images: self.discriminator(self.augmented(images, self.generated)[0]))

    @property
    def fake_seen(self) -> Seen:
        """Generated images before they are augmented, and the way from them to their logits."""
        return Seen(self.generated, lambda images: self.discriminator(self.augmented(self.original, images)[1]))


@dataclass(frozen=True, kw_only=True)
class TranslationView(Judged):
    """The state of play where an image is made of another one, of which the right answer is known."""

    real: Pictures  # what the discriminator is shown
    fake: Pictures
    target: Pictures  # the right answer: `real`, or what else the objective says
    source: Sources  # what it is made of
    latent: Array  # keys of dropout, or a latent [B, Z]
    generator: Callable  # latent -> answers to the same sources, at the current parameters

    @property
    def pair(self) -> tuple[Pictures, Pictures]:
        """The right answer and the one that was given."""
        return self.target, self.fake


@dataclass(frozen=True, kw_only=True)
class RegressionView(View):
    """A picture that is made of another one, and the right answer."""

    image: Pictures  # the right answer
    answer: Pictures  # the one that was given
    source: Sources  # what it is made of

    @property
    def pair(self) -> tuple[Pictures, Pictures]:
        """The right answer and the one that was given."""
        return self.image, self.answer


@dataclass(frozen=True, kw_only=True)
class CycleView(Judged):
    """The state of play in one of two directions, where no picture has a right answer."""

    real: Pictures  # of the set that answers are to look like
    fake: Pictures  # in the discriminator's turn out of the pool, where there is one
    source: Sources  # of the other set
    generator: Callable  # pictures of the other set -> pictures of this one, at the current parameters
    back: Callable  # pictures of this set -> pictures of the other one, at the current parameters

    @property
    def pair(self) -> tuple[Pictures, Pictures]:
        """The source and, in the generator's turn, what comes back of its answer."""
        return self.source, self.back(self.fake)


@dataclass(frozen=True, kw_only=True)
class ContrastiveView(Judged):
    """The state of play where patches of an answer are to be like those of its source."""

    real: Pictures  # of the set that answers are to look like
    fake: Pictures
    source: Sources  # as it is, also where the answer is of its mirror image
    mirrored: Bool[Array, "batch"] | None  # where answers are of mirror images
    generator: Callable  # pictures -> pictures, at the current parameters
    described: Callable  # (pictures, mirrored) -> {layer: unit vectors [B, patches, features]}, at the same places
    unstyled: Callable | None  # the generator without a style; None where it is told of none


@dataclass(frozen=True, kw_only=True)
class VaeView(Judged):
    """One pass through an encoder and a decoder."""

    image: Pictures
    outputs: Float[Array, "batch *space parameters"]  # the decoder's: parameters of the likelihood
    reconstruction: Pictures  # the mean of the likelihood
    negative_log_likelihood: Float[Array, "batch"]  # nats
    mean: Float[Array, "batch *latent"]  # of the approximate posterior
    log_variance: Float[Array, "batch *latent"]
    latent: Float[Array, "batch *latent"]
    prior: Mixture
    log_likelihood: Callable  # latent -> log p(image | latent) [B], at the current parameters
    redecoded: Callable  # parameters -> the reconstruction, with the latent held fixed
    num_examples: int  # of the data

    @property
    def pair(self) -> tuple[Pictures, Pictures]:
        """The image and its reconstruction."""
        return self.image, self.reconstruction


@dataclass(frozen=True, kw_only=True)
class CodesView(Judged):
    """One pass through an encoder, a quantizer and a decoder."""

    image: Pictures
    outputs: Float[Array, "batch *space parameters"]  # the decoder's: parameters of the likelihood
    reconstruction: Pictures  # the mean of the likelihood
    negative_log_likelihood: Float[Array, "batch"]  # nats
    vectors: Float[Array, "batch height width features"]  # before they are quantized
    quantized: Float[Array, "batch height width features"]  # after, with the gradient of the vectors
    chosen: Float[Array, "batch height width features"]  # the same numbers, with the gradient of the codebook
    codes: Int[Array, "batch height width"]
    redecoded: Callable  # parameters -> the reconstruction, with what is quantized held fixed

    @property
    def pair(self) -> tuple[Pictures, Pictures]:
        """The image and its reconstruction."""
        return self.image, self.reconstruction


@dataclass(frozen=True, kw_only=True)
class MaskedView(View):
    """Maps of codes, some of them hidden, and what is guessed of them."""

    logits: Float[Array, "batch height width all_codes"]
    codes: Int[Array, "batch height width"]
    hidden: Bool[Array, "batch height width"]


@dataclass(frozen=True, kw_only=True)
class HierarchicalView(View):
    """One pass through the levels of a hierarchical VAE."""

    image: Pictures
    outputs: Float[Array, "batch *space parameters"]  # the decoder's: parameters of the likelihood
    reconstruction: Pictures  # the mean of the likelihood
    negative_log_likelihood: Float[Array, "batch"]  # nats
    kl: Float[Array, "batch levels"]  # KL(q || p) of each level, nats, from the coarsest on
    sizes: tuple[int, ...]  # how many numbers the latent of each level has

    @property
    def pair(self) -> tuple[Pictures, Pictures]:
        """The image and its reconstruction."""
        return self.image, self.reconstruction


def pair_of(view: Any, term: str) -> tuple[Pictures, Pictures]:
    """What a term compares, of any View that has two things to compare."""
    if not hasattr(view, "pair"):
        raise InputError(f"{term} compares an image with its right answer, which a {type(view).__name__} has not.")
    return view.pair


def bound(frozen: Mapping[str, Callable], state: TrainState) -> dict[str, Callable]:
    """The frozen networks as functions of their inputs alone."""
    return {name: partial(apply, state.frozen[name]) for name, apply in frozen.items()}


def common_fields(facts: Facts, state: TrainState, batch: Batch, key: Key[Array, ""], params: PyTree) -> dict[str, Any]:
    """The fields that every View of an objective has, by name."""
    return dict(
        batch=batch,
        key=key,
        axis_name=facts.axis_name,
        step=state.step,
        frozen=bound(facts.frozen, state),
        params=params,
    )
