"""What a loss term can look at: one View per family of objectives.

Every View has, beside the fields of its family, these seven:

    batch      the data's columns, [B, ...] each, and `position`
    key        random, the term's own in this step; `rng.per_example(view.key, view.batch["position"])` has one for each
    carry      the term's memory, for terms with a method `init`
    axis_name  of the devices, where each sees its own part of the batch; None where all of it is here
    step       that is made, from 0 on
    frozen     {name: inputs -> outputs}: the networks of the config's section `frozen`
    params     of the player whose loss it is

and `pair`, two sets of images of which the second should be like the first, where its family has such.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from jaxtyping import Array, Bool, Float, Int, Key, PyTree

from gan_jax.errors import InputError
from gan_jax.losses.gaussians import Mixture
from gan_jax.types import Batch, TrainState

Pictures = Float[Array, "batch *space channels"]  # in [-1, 1]


class GanView(NamedTuple):
    """The state of play between a generator and a discriminator."""

    real: Pictures  # augmented as the discriminator saw it
    fake: Pictures
    generated: Pictures  # as the generator made them
    real_logits: Float[Array, "batch *places"]  # one for each image, or a map of them
    fake_logits: Float[Array, "batch *places"]
    real_judged: Mapping[str, PyTree]  # all that the discriminator says: "logits", and what its head adds to them
    fake_judged: Mapping[str, PyTree]
    latent: PyTree  # a tree of [B, ...]
    generator: Callable  # latent -> images, at the current parameters
    codes: Float[Array, "batch *code"]  # what images are a smooth function of: the w of a style-based generator, or z
    synthesis: Callable  # codes -> images, at the current parameters
    discriminator: Callable  # images -> logits, at the current parameters
    batch: Batch
    key: Key[Array, ""]
    carry: PyTree
    axis_name: str | None
    step: Int[Array, ""]
    frozen: Mapping[str, Callable]
    params: PyTree


class TranslationView(NamedTuple):
    """The state of play where an image is made of another one, of which the right answer is known."""

    real: Pictures  # the right answer
    fake: Pictures
    source: Pictures  # what it is made of
    latent: Array  # keys of dropout, or a latent [B, Z]
    generator: Callable  # latent -> answers to the same sources, at the current parameters
    real_logits: Float[Array, "batch *places"]
    fake_logits: Float[Array, "batch *places"]
    real_judged: Mapping[str, PyTree]
    fake_judged: Mapping[str, PyTree]
    discriminator: Callable  # images -> logits given the source, at the current parameters
    batch: Batch
    key: Key[Array, ""]
    carry: PyTree
    axis_name: str | None
    step: Int[Array, ""]
    frozen: Mapping[str, Callable]
    params: PyTree

    @property
    def pair(self) -> tuple[Pictures, Pictures]:
        """The right answer and the one that was given."""
        return self.real, self.fake


class RegressionView(NamedTuple):
    """A picture that is made of another one, and the right answer."""

    image: Pictures  # the right answer
    answer: Pictures  # the one that was given
    source: Pictures  # what it is made of
    batch: Batch
    key: Key[Array, ""]
    carry: PyTree
    axis_name: str | None
    step: Int[Array, ""]
    frozen: Mapping[str, Callable]
    params: PyTree

    @property
    def pair(self) -> tuple[Pictures, Pictures]:
        """The right answer and the one that was given."""
        return self.image, self.answer


class CycleView(NamedTuple):
    """The state of play in one of two directions, where no picture has a right answer."""

    real: Pictures  # of the set that answers are to look like
    fake: Pictures  # in the discriminator's turn out of the pool, where there is one
    source: Pictures  # of the other set
    generator: Callable  # pictures of the other set -> pictures of this one, at the current parameters
    back: Callable  # pictures of this set -> pictures of the other one, at the current parameters
    real_logits: Float[Array, "batch *places"]
    fake_logits: Float[Array, "batch *places"]
    real_judged: Mapping[str, PyTree]
    fake_judged: Mapping[str, PyTree]
    discriminator: Callable  # images -> logits, at the current parameters
    batch: Batch
    key: Key[Array, ""]
    carry: PyTree
    axis_name: str | None
    step: Int[Array, ""]
    frozen: Mapping[str, Callable]
    params: PyTree

    @property
    def pair(self) -> tuple[Pictures, Pictures]:
        """The source and, in the generator's turn, what comes back of its answer."""
        return self.source, self.back(self.fake)


class ContrastiveView(NamedTuple):
    """The state of play where patches of an answer are to be like those of its source."""

    real: Pictures  # of the set that answers are to look like
    fake: Pictures
    source: Pictures  # as it is, also where the answer is of its mirror image
    mirrored: Bool[Array, "batch"] | None  # where answers are of mirror images
    generator: Callable  # pictures -> pictures, at the current parameters
    described: Callable  # (pictures, mirrored) -> {layer: unit vectors [B, patches, features]}, at the same places
    unstyled: Callable | None  # the generator without a style; None where it is told of none
    real_logits: Float[Array, "batch *places"]
    fake_logits: Float[Array, "batch *places"]
    real_judged: Mapping[str, PyTree]
    fake_judged: Mapping[str, PyTree]
    discriminator: Callable  # images -> logits, at the current parameters
    batch: Batch
    key: Key[Array, ""]
    carry: PyTree
    axis_name: str | None
    step: Int[Array, ""]
    frozen: Mapping[str, Callable]
    params: PyTree


class VaeView(NamedTuple):
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
    batch: Batch
    key: Key[Array, ""]
    carry: PyTree
    axis_name: str | None
    step: Int[Array, ""]
    frozen: Mapping[str, Callable]
    params: PyTree
    # Of a game with a judge, of images or of latents:
    real: Array | None = None  # the images, or the latents
    fake: Array | None = None  # what is to be told from them
    real_logits: Float[Array, "batch *places"] | None = None
    fake_logits: Float[Array, "batch *places"] | None = None
    real_judged: Mapping[str, PyTree] | None = None
    fake_judged: Mapping[str, PyTree] | None = None
    discriminator: Callable | None = None  # images, or latents -> logits, at the current parameters

    @property
    def pair(self) -> tuple[Pictures, Pictures]:
        """The image and its reconstruction."""
        return self.image, self.reconstruction


class CodesView(NamedTuple):
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
    batch: Batch
    key: Key[Array, ""]
    carry: PyTree
    axis_name: str | None
    step: Int[Array, ""]
    frozen: Mapping[str, Callable]
    params: PyTree
    # Of a game with a discriminator:
    real: Pictures | None = None  # the image
    fake: Pictures | None = None  # the reconstruction
    real_logits: Float[Array, "batch *places"] | None = None
    fake_logits: Float[Array, "batch *places"] | None = None
    real_judged: Mapping[str, PyTree] | None = None
    fake_judged: Mapping[str, PyTree] | None = None
    discriminator: Callable | None = None  # images -> logits, at the current parameters

    @property
    def pair(self) -> tuple[Pictures, Pictures]:
        """The image and its reconstruction."""
        return self.image, self.reconstruction


class MaskedView(NamedTuple):
    """Maps of codes, some of them hidden, and what is guessed of them."""

    logits: Float[Array, "batch height width all_codes"]
    codes: Int[Array, "batch height width"]
    hidden: Bool[Array, "batch height width"]
    batch: Batch
    key: Key[Array, ""]
    carry: PyTree
    axis_name: str | None
    step: Int[Array, ""]
    frozen: Mapping[str, Callable]
    params: PyTree


class HierarchicalView(NamedTuple):
    """One pass through the levels of a hierarchical VAE."""

    image: Pictures
    outputs: Float[Array, "batch *space parameters"]  # the decoder's: parameters of the likelihood
    reconstruction: Pictures  # the mean of the likelihood
    negative_log_likelihood: Float[Array, "batch"]  # nats
    kl: Float[Array, "batch levels"]  # KL(q || p) of each level, nats, from the coarsest on
    sizes: tuple[int, ...]  # how many numbers the latent of each level has
    batch: Batch
    key: Key[Array, ""]
    carry: PyTree
    axis_name: str | None
    step: Int[Array, ""]
    frozen: Mapping[str, Callable]
    params: PyTree

    @property
    def pair(self) -> tuple[Pictures, Pictures]:
        """The image and its reconstruction."""
        return self.image, self.reconstruction


Judged = GanView | TranslationView | CycleView | ContrastiveView | VaeView | CodesView  # with `real` and `fake`


def pair_of(view: Any, term: str) -> tuple[Pictures, Pictures]:
    """What a term compares, of any View that has two things to compare."""
    if not hasattr(view, "pair"):
        raise InputError(f"{term} compares an image with its right answer, which a {type(view).__name__} has not.")
    return view.pair


def bound(frozen: Mapping[str, Callable], state: TrainState) -> dict[str, Callable]:
    """The frozen networks as functions of their inputs alone."""
    return {name: partial(apply, state.frozen[name]) for name, apply in frozen.items()}
