"""The vocabulary: what flows between data, networks, objectives and the trainer."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, no_type_check

import flax.struct
import jax
import optax
from jaxtyping import Array, Int, Key, PyTree

# The data's columns [B, ...], and `position` int32 [B], the place in the global batch.
Batch = Mapping[str, Array]
# What a draw is asked for, [B, ...] each: {"label": ...}, {"source": ...}, {"tokens": ...}; {} where for nothing.
Condition = Mapping[str, Array]
NOTHING = 0  # what fills up a column of text


class Variables(NamedTuple):
    """What a network is evaluated with."""

    params: PyTree
    state: PyTree  # batch statistics, spectral-norm vectors, ...; {} when there are none


class Local(NamedTuple):
    """How far a network looks that takes pictures of any size: what it makes of a part, it makes of it in the whole."""

    reach: int  # pixels of its input that an output depends on, to each side
    multiple: int = 1  # rows and columns of the input at which a part may begin


class Network(NamedTuple):
    """A network as two pure functions."""

    init: Callable  # (key, *inputs, method=None) -> Variables
    apply: Callable  # (variables, *inputs, train=False, method=None) -> (outputs, state)
    local: Local | None = None  # None: an output may depend on all of the input


class Role(NamedTuple):
    """One side of the game as the config describes it, before it has any arrays."""

    network: Callable  # (**facts) -> Network; the facts that the objective gives go before those of the data
    terms: dict[str, Any]  # losses.combine.Term by the name that its metric is logged under


@no_type_check  # JAX rebuilds it with shapes and shardings in the places of arrays
class Player(flax.struct.PyTreeNode):
    """One side of the game: its network's variables and its optimizer's memory."""

    variables: Variables
    opt_state: optax.OptState


@no_type_check
class TrainState(flax.struct.PyTreeNode):
    """Everything a run is, as arrays only."""

    step: Int[Array, ""]
    key: Key[Array, ""]  # the root key; it never advances
    players: dict[str, Player]
    ema: dict[str, Variables]  # of the players that are averaged
    frozen: dict[str, PyTree]  # of networks that do not learn: arguments of the step, kept once beside the checkpoints
    carry: dict[str, PyTree]  # what a player remembers between steps: its terms' memory, and its objective's own
    skipped: dict[str, Int[Array, ""]]  # updates in a row that were not made, by player


class Mean(NamedTuple):
    """A running mean that adds up over steps, so that a term evaluated every k-th step is averaged over those alone."""

    total: Array
    count: Array

    def __add__(self, other: "Mean") -> "Mean":
        return Mean(self.total + other.total, self.count + other.count)

    @property
    def value(self) -> Array:
        """The mean so far; NaN before the first value."""
        return self.total / self.count


class Out(NamedTuple):
    """What a player's loss returns beside its value.

    Gradients, losses and metrics are averaged over devices. State and carry are not: a loss makes them alike on all
    devices, of statistics of the global batch (`losses.reductions.batch_mean`) or of all its examples (`gather`).
    """

    state: PyTree  # the player's new network state
    carry: PyTree  # what the player remembers
    metrics: dict[str, Mean]


class Column(NamedTuple):
    """One column of the data, as plain values that are kept with the config."""

    shape: tuple[int, ...]  # of one example
    dtype: str
    kind: str  # the module of gan_jax.data.kinds that fits, flips, shows, parses and quantises it
    size: int = 0  # of whole numbers: how many there are, such as classes or token ids; of sounds, in a second

    @property
    def is_visible(self) -> bool:
        """Whether it has sides in space and 1 to 4 channels, as pictures and voxels have."""
        return self.kind in ("image", "voxels")


class Frozen(NamedTuple):
    """A trained network that does not learn: a function, and the variables that it takes as its first argument."""

    apply: Callable  # (variables, *inputs) -> outputs, differentiable in its inputs
    variables: PyTree
    identity: dict[str, Any]  # name and sha256: what a resumed or sampled run must find again


def no_latent(keys: Key[Array, "batch"]) -> PyTree:
    """The latent of a draw without randomness."""
    del keys
    return {}


def no_condition(batch: Batch, keys: Key[Array, "batch"]) -> Condition:
    """The condition of a draw that is asked for nothing."""
    del batch, keys
    return {}


def as_trained(variables: PyTree) -> PyTree:
    """The variables of a draw that needs nothing done to them."""
    return variables


class Draw(NamedTuple):
    """Something that a trained model can be asked for.

    The keyword-only parameters of its functions are its options (truncation, psi, temperature, steps): static, checked
    by their annotations and filled in by their defaults like a config's section.
    """

    sample: Callable  # (variables {name: Variables}, latent, condition, *, options) -> output [B, ...]
    latent: Callable = no_latent  # (keys [B], *, options) -> a tree of [B, ...]: all the randomness there is
    condition: Callable = no_condition  # (batch, keys [B]) -> Condition: how one is made of the data
    output: str = "image"  # the column of which it is one more; its kind says how to quantise, show and write it
    given: tuple[str, ...] = ()  # columns of the condition that no data have, only who asks: outputs of other draws
    prepare: Callable = as_trained  # (variables, *, options) -> those that `sample` is given: once, not row by row
    size: int = 0  # of whole numbers that are no column of the data: how many there are
    local: Local | None = None  # of what is made of a picture: how far around a place it depends on it; None: on all


class Objective(NamedTuple):
    """A game to train: everything the training loop, the sampler and the metrics know of it."""

    init: Callable  # (key, batch) -> ({player: Variables}, {player: carry}); the same tree in every stage
    losses: dict[str, Callable]  # in the order of update: f(params, state, batch, key) -> (loss, Out)
    averaged: tuple[str, ...]  # players whose moving average is kept; draws see these and the frozen networks by name
    draws: dict[str, Draw]  # the first is what grids show; metrics know some by name, such as "reconstruction"


class Facts(NamedTuple):
    """What the data, the config and the devices say about a run; who asks for one by name is given it."""

    columns: Mapping[str, Column]
    image_shape: tuple[int, ...]  # of the column `image`: height, width, channels; of voxels depth before them
    out_channels: int  # of a network that makes images; a likelihood may ask its decoder for more than the image has
    num_classes: int  # 0: no labels, or an unconditional run
    num_examples: int
    batch_size: int  # of one update, over all devices
    stage: int  # how many of the config's stages the run has passed: static, so that shapes may depend on it
    num_stages: int
    stage_begin: int  # the step that is the stage's first
    frozen: Mapping[str, Callable]  # {name: (variables, *inputs) -> outputs}; the variables are in TrainState.frozen
    axis_name: str | None  # of the devices under pmap and shard_map, None under jit and when sampling
    dtype: jax.typing.DTypeLike  # of the networks' activations
