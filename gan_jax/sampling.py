"""Images from a trained run, by seed: the Python API that sample.py is a shell around."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, NamedSharding, PartitionSpec
from jaxtyping import Array, Float, Int, PyTree, UInt8

from gan_jax import config as configs
from gan_jax import experiment
from gan_jax.errors import InputError
from gan_jax.images import to_uint8
from gan_jax.training.checkpoint import Checkpoints
from gan_jax.types import Objective, Variables

Labels = int | str | Sequence[int] | Int[np.ndarray, "n"] | None


class Sampler:
    """Draws images: `sampler(seeds=range(64), labels=3)` -> uint8 [64, H, W, C].

    Image s depends on the variables and on seed s alone. To that end every device always runs one program on a fixed
    number of images, so that neither the batch size nor the number of devices can change a bit of the arithmetic.
    """

    def __init__(self, objective: Objective, variables: Variables, facts: dict[str, Any], name: str = "") -> None:
        self.objective = objective
        self.facts = facts
        self.name = name  # of the run and step, for what is written about its images
        self._mesh = jax.make_mesh(
            (jax.local_device_count(),), ("x",), axis_types=(AxisType.Auto,), devices=jax.local_devices()
        )
        self._programs: dict[Any, Any] = {}
        self.variables = variables

    @property
    def variables(self) -> Variables:
        """What the network is evaluated with."""
        return self._variables

    @variables.setter
    def variables(self, variables: Variables) -> None:
        local = jax.tree.map(lambda x: np.asarray(x.addressable_data(0)) if isinstance(x, jax.Array) else x, variables)
        self._variables = jax.device_put(local, NamedSharding(self._mesh, PartitionSpec()))

    @property
    def num_classes(self) -> int:
        """The classes one can ask for; 0 for an unconditional model."""
        return self.facts["num_classes"] if "label" in self.objective.needs else 0

    @cached_property
    def chunk(self) -> int:
        """Images that a device works on at a time: a function of their size alone."""
        height, width, _ = self.facts["image_shape"]
        return max(1, min(32, 2**19 // (height * width)))

    def labels(self, labels: Labels, seeds: Sequence[int]) -> Int[np.ndarray, "n"] | None:
        """One class for each seed: the given ones, or `seed mod num_classes` for None and "balanced"."""
        if not self.num_classes:
            if labels is not None:
                raise InputError(f"labels = {labels!r}: this model is unconditional.")
            return None
        if labels is None or isinstance(labels, str):
            if labels not in (None, "balanced"):
                raise InputError(f"labels = {labels!r} should be 'balanced', a class or one class per seed.")
            return np.asarray(seeds, np.int64).astype(np.int64) % self.num_classes
        array = np.asarray(labels)
        if array.ndim == 1 and len(array) != len(seeds):
            raise InputError(f"{len(array)} labels for {len(seeds)} seeds.")
        if array.size and (array.min() < 0 or array.max() >= self.num_classes):
            raise InputError(f"labels = {labels!r}: the classes of this model are 0 to {self.num_classes - 1}.")
        return np.broadcast_to(array, len(seeds))

    def __call__(
        self, seeds: Iterable[int], labels: Labels = None, truncation: float | None = None
    ) -> UInt8[np.ndarray, "n height width channels"]:
        """One image per seed."""
        return np.concatenate(list(self.stream(seeds, labels, truncation)))

    def stream(
        self, seeds: Iterable[int], labels: Labels = None, truncation: float | None = None, batch_size: int = 256
    ) -> Iterator[UInt8[np.ndarray, "n height width channels"]]:
        """The images of `__call__`, part by part, with about `batch_size` of them in memory."""
        seeds = _checked(seeds)
        labels = self.labels(labels, seeds)
        columns = {"seed": np.asarray(seeds, np.uint32)} | ({} if labels is None else {"label": labels})
        yield from self._run(partial(_draw, truncation=truncation), columns, batch_size)

    def latent(self, seeds: Iterable[int], truncation: float | None = None) -> Float[np.ndarray, "n latent"]:
        """The latent of each seed."""
        keys = _keys(jnp.asarray(_checked(seeds), jnp.uint32))
        return np.asarray(self.objective.latent(keys, truncation))

    def decode(
        self, latent: Float[np.ndarray, "n latent"], labels: Labels = None
    ) -> UInt8[np.ndarray, "n height width channels"]:
        """One image per latent."""
        labels = self.labels(0 if labels is None and self.num_classes else labels, range(len(latent)))
        columns = {"latent": np.asarray(latent)} | ({} if labels is None else {"label": labels})
        return np.concatenate(list(self._run(_decode, columns)))

    def reconstruct(
        self, images: UInt8[np.ndarray, "n height width channels"], labels: Labels = None
    ) -> UInt8[np.ndarray, "n height width channels"]:
        """What the model makes of real images, for models that encode."""
        if self.objective.reconstruct is None:
            raise InputError("This model does not encode images, so it cannot reconstruct them.")
        if images.shape[1:] != tuple(self.facts["image_shape"]):
            raise InputError(f"Images of {images.shape[1:]}: this model takes {tuple(self.facts['image_shape'])}.")
        labels = self.labels(0 if labels is None and self.num_classes else labels, range(len(images)))
        columns = {"image": images} | ({} if labels is None else {"label": labels})
        return np.concatenate(list(self._run(_reconstruct, columns)))

    def _run(self, function: Any, columns: dict[str, np.ndarray], batch_size: int = 256) -> Iterator[np.ndarray]:
        size = self.chunk * self._mesh.size
        total = len(next(iter(columns.values())))
        in_flight: list[tuple[Array, int]] = []
        for start in range(0, total, size):
            part = {name: values[start : start + size] for name, values in columns.items()}
            count = len(next(iter(part.values())))
            padded = {name: np.resize(values, (size, *values.shape[1:])) for name, values in part.items()}
            in_flight.append((self._program(function)(self.variables, padded), count))
            while len(in_flight) * size >= max(batch_size, size) or (start + size >= total and in_flight):
                images, count = in_flight.pop(0)
                yield np.asarray(images)[:count]

    def _program(self, function: Any) -> Any:
        key = (function.func, *function.keywords.values()) if isinstance(function, partial) else function
        if key not in self._programs:
            split, whole = PartitionSpec("x"), PartitionSpec()
            self._programs[key] = jax.jit(
                jax.shard_map(
                    partial(function, self.objective),
                    mesh=self._mesh,
                    in_specs=(whole, split),
                    out_specs=split,
                    check_vma=False,
                )
            )
        return self._programs[key]


def _checked(seeds: Iterable[int]) -> list[int]:
    seeds = [int(seed) for seed in seeds]
    if not seeds:
        raise InputError("seeds: there are none.")
    if min(seeds) < 0 or max(seeds) >= 2**32:
        raise InputError(f"seeds: {min(seeds)} to {max(seeds)} are not all from 0 to {2**32 - 1}.")
    return seeds


def _keys(seeds: Array) -> Array:
    return jax.vmap(partial(jax.random.fold_in, jax.random.key(0)))(seeds)


def _draw(objective: Objective, variables: Variables, batch: dict[str, Array], *, truncation: float | None) -> Array:
    return to_uint8(objective.sample(variables, objective.latent(_keys(batch["seed"]), truncation), batch))


def _decode(objective: Objective, variables: Variables, batch: dict[str, Array]) -> Array:
    return to_uint8(objective.sample(variables, batch["latent"], batch))


def _reconstruct(objective: Objective, variables: Variables, batch: dict[str, Array]) -> Array:
    return to_uint8(objective.reconstruct(variables, batch))


def ema_template(objective: Objective, facts: dict[str, Any]) -> PyTree:
    """The shapes of the variables that a checkpoint's `ema` holds."""

    def variables(key: Array) -> Variables:
        return objective.init(key, experiment.example_batch(facts, 1))[0][objective.sampling_player]

    shapes = jax.eval_shape(variables, jax.random.key(0))
    sharding = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
    return jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=sharding), shapes)


def load(workdir: str | Path, step: int | None = None, best: bool = False) -> Sampler:
    """The sampler of a run's newest checkpoint, of a given step, or of the best by the run's own metric."""
    workdir = Path(workdir)
    if not (workdir / "checkpoints").is_dir():
        raise InputError(f"{workdir} holds no run: there is no folder 'checkpoints' in it.")
    config = configs.from_json((workdir / "config.json").read_text())
    with Checkpoints(workdir, best=config["checkpoint"]["best"], read_only=True) as checkpoints:
        if not checkpoints.steps:
            raise InputError(f"{workdir} holds no complete checkpoint yet.")
        if step is None:
            step = checkpoints.best_step() if best else checkpoints.steps[-1]
        if step not in checkpoints.steps:
            raise InputError(f"step = {step}: the checkpoints of {workdir} are of the steps {checkpoints.steps}.")
        try:
            description = configs.tuples(checkpoints.describe(step))
            objective = experiment.make_objective(description["config"], description["facts"])
            variables = checkpoints.restore_ema(step, ema_template(objective, description["facts"]))
        except InputError:
            raise
        except Exception as error:  # whatever tensorstore, Orbax and JSON say of damaged files
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            others = [other for other in checkpoints.steps if other != step]
            raise InputError(f"Checkpoint {step} of {workdir} is damaged ({reason}). Others: {others}.") from error
    return Sampler(objective, variables, description["facts"], name=f"{workdir.resolve().name}, step {step}")
