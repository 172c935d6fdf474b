"""The plain values of a config, section by section, with their defaults."""

from typing import Annotated, Literal, NamedTuple

from gan_jax.bounds import Amount, Bounds, Count, Positive, Seed
from gan_jax.schedules import Number

Mode = Literal["jit", "pmap", "shard_map"]
Shard = Literal["none", "optimizer", "state"]


class Settings(NamedTuple):
    """The keys of a config that are plain values."""

    seed: Seed = 0
    steps: Positive = 1000
    batch_size: Annotated[int, Bounds(1, 2**20)] = 64  # examples in one update, over all devices
    micro_batches: Positive = 1  # parts into which an update is cut to save memory
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"  # of activations
    stages: tuple[int, ...] = ()  # steps after which the objective is built anew, with one more in the fact `stage`
    max_skipped: Positive = 100  # skipped updates in a row after which a run stops


class Parallel(NamedTuple):
    """How a step spreads over devices."""

    mode: Mode = "jit"
    shard: Shard = "none"  # what is split over the devices, under jit: the optimizer's memory and averages, or all
    steps_per_call: Positive = 1  # steps in one dispatch


class Checkpoint(NamedTuple):
    """When the state is saved, and how many of them are kept."""

    every: Positive = 1000  # steps
    keep: Positive = 3  # newest
    best: str = ""  # the metric by which the best is kept too, as `name` or `-name` when higher is better


class Report(NamedTuple):
    """When a run tells how it goes."""

    every: Positive = 50  # steps
    samples_every: Positive = 500  # steps
    samples: Annotated[int, Bounds(1, 2**14)] = 64  # images in a grid


class PlayerSettings(NamedTuple):
    """The plain values of a player's section, beside its network, optimizer and losses."""

    repeats: Positive = 1  # updates in a step
    side: str = ""  # that it plays in games, such as "generator" in `hinge`; by default the player's own name
    clip_norm: Annotated[Number, Bounds(0)] = 0.0  # bound on the global norm of the gradient; 0: none
    skip_norm: Amount = 0.0  # an update whose gradient's global norm is above is skipped (Child 2021); 0: none is
    fixed: tuple[str, ...] = ()  # beginnings of paths of parameters that are not trained
    init_from: str = ""  # DIR[@STEP][:PLAYER], a run whose parameters this player begins with where they fit


class TermSettings(NamedTuple):
    """The plain values of a loss term's section, beside those of its function."""

    weight: Number = 1.0
    every: Positive = 1  # steps; above 1 the term is lazy
    warmup: Count = 0  # steps in which the weight rises from 0


class EvalSettings(NamedTuple):
    """The plain values of an evaluation's section."""

    every: Count = 0  # steps; 0: after the last one alone
