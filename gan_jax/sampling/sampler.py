"""Images from a trained run, by seed: the Python API that sample.py is a shell around."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, NamedSharding, PartitionSpec
from jaxtyping import Array, Float, Int32, Integer, PyTree, UInt8

from gan_jax import compiler
from gan_jax.checkpoint import Checkpoints
from gan_jax.config import experiment
from gan_jax.config import files as configs
from gan_jax.errors import DivergedError, InputError
from gan_jax.images import to_uint8
from gan_jax.sampling.interpolation import spherical
from gan_jax.types import Batch, Objective, Variables

Seeds = Iterable[int] | Integer[np.ndarray, "n"]
Labels = int | str | Sequence[int] | Integer[np.ndarray, "n"] | None

CALLS_AHEAD = 2  # so that the devices work while the host reads and writes


class Sampler:
    """Draws images: `sampler(seeds=range(64), labels=3)` -> uint8 [64, H, W, C].

    Image s depends on the variables, on its label and on seed s alone. To that end every device always runs one program
    on a fixed number of images, so that neither the batch size nor the number of devices can change the arithmetic.
    """

    def __init__(
        self,
        objective: Objective,
        variables: Variables,
        facts: Mapping[str, Any],
        origin: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.objective = objective
        self.facts = facts
        self.origin = origin  # the "run" and "step" that the images come from, to be written beside them
        devices = jax.local_devices()
        self._mesh = jax.make_mesh((len(devices),), ("x",), axis_types=(AxisType.Auto,), devices=devices)
        self._programs: dict[Any, Callable[[Variables, Batch], PyTree]] = {}
        self.variables = variables

    @property
    def variables(self) -> Variables:
        """What the network is evaluated with: a copy, which a training step cannot take away by donation."""
        return self._variables

    @variables.setter
    def variables(self, variables: Variables) -> None:
        local = jax.tree.map(lambda x: np.array(x.addressable_data(0) if isinstance(x, jax.Array) else x), variables)
        self._variables = jax.device_put(local, NamedSharding(self._mesh, PartitionSpec()))

    @property
    def name(self) -> str:
        """The run and step, in words."""
        return f"{self.origin['run']}, step {self.origin['step']}" if self.origin else "a model in memory"

    @property
    def num_classes(self) -> int:
        """The classes one can ask for; 0 for an unconditional model."""
        return self.facts["num_classes"] if "label" in self.objective.needs else 0

    @cached_property
    def chunk(self) -> int:
        """Images that a device works on at a time: a function of their size alone."""
        height, width, _ = self.facts["image_shape"]
        return max(1, min(32, 2**19 // (height * width)))

    def labels(self, labels: Labels, seeds: Sequence[int] | Integer[np.ndarray, "n"]) -> Int32[np.ndarray, "n"] | None:
        """One class for each seed, int32: the given ones, or `seed mod num_classes` for None and "balanced"."""
        if not self.num_classes:
            if labels is not None:
                raise InputError("labels: this model is unconditional.")
            return None
        if labels is None or (isinstance(labels, str) and labels == "balanced"):
            return (np.asarray(seeds, np.int64) % self.num_classes).astype(np.int32)
        array = np.asarray(labels)
        if array.ndim > 1 or array.dtype.kind not in "iu":
            raise InputError(f"labels = {labels!r} should be 'balanced', a class or one class per seed.")
        if array.ndim == 1 and len(array) != len(seeds):
            raise InputError(f"labels: {len(array)} for {len(seeds)} seeds or images.")
        wrong = array[(array < 0) | (array >= self.num_classes)]
        if wrong.size:
            raise InputError(f"labels: there is no class {wrong[0]}; the model's are 0 to {self.num_classes - 1}.")
        return np.broadcast_to(array.astype(np.int32), len(seeds))

    def __call__(
        self, seeds: Seeds, labels: Labels = None, truncation: float | None = None
    ) -> UInt8[np.ndarray, "n height width channels"]:
        """One image per seed, from 0 to 2^32 - 1."""
        return np.concatenate(list(self._draw(_checked(seeds), labels, truncation)))

    def stream(
        self, seeds: Seeds, labels: Labels = None, truncation: float | None = None, batch_size: int = 256
    ) -> Iterator[UInt8[np.ndarray, "n height width channels"]]:
        """The images of `__call__` in parts of `batch_size`, in memory that does not grow with their number."""
        if batch_size < 1:
            raise InputError(f"batch_size = {batch_size} should be at least 1.")
        return _regroup(self._draw(_checked(seeds), labels, truncation), batch_size)

    def interpolate(
        self, seeds: Seeds, labels: Labels = None, truncation: float | None = None, frames: int = 32
    ) -> Iterator[UInt8[np.ndarray, "n height width channels"]]:
        """A walk from seed to seed along great circles, `frames` to a leg; it ends on the image of the last seed.

        A leg has the class of the seed that it starts from: the image of every seed is that of `__call__`.
        """
        seeds = _checked(seeds)
        if len(seeds) < 2 or frames < 1:
            raise InputError(f"A walk needs two seeds and a frame between them, not {len(seeds)} and {frames}.")
        labels = self.labels(labels, seeds)
        latent = self.latent(seeds, truncation)
        at = np.arange(frames) / frames
        legs = [spherical(start, end, at) for start, end in pairwise(latent)]
        columns = {"latent": np.concatenate([*legs, latent[-1:]])}
        if labels is not None:
            columns["label"] = np.append(np.repeat(labels[:-1], frames), labels[-1:])
        return self._images(self._run(self._program(_decode), columns))

    def latent(self, seeds: Seeds, truncation: float | None = None) -> Float[np.ndarray, "n latent"]:
        """The latent of each seed."""
        program = self._program(_latent, truncation=_checked_truncation(truncation))
        return np.concatenate(list(self._run(program, {"seed": _checked(seeds)})))

    def decode(
        self, latent: Float[np.ndarray, "n latent"], labels: Labels = None
    ) -> UInt8[np.ndarray, "n height width channels"]:
        """One image per latent, of the given classes if the model is conditional."""
        return self._apply(_decode, "latent", latent, labels)

    def reconstruct(
        self, images: UInt8[np.ndarray, "n height width channels"], labels: Labels = None
    ) -> UInt8[np.ndarray, "n height width channels"]:
        """What the model makes of real images, for models that encode."""
        if self.objective.reconstruct is None:
            raise InputError("This model does not encode images, so it cannot reconstruct them.")
        if images.shape[1:] != tuple(self.facts["image_shape"]):
            raise InputError(f"Images of {images.shape[1:]}: this model takes {tuple(self.facts['image_shape'])}.")
        return self._apply(_reconstruct, "image", images, labels)

    def _draw(self, seeds: np.ndarray, labels: Labels, truncation: float | None) -> Iterator[np.ndarray]:
        labels = self.labels(labels, seeds)
        latent = self._program(_latent, truncation=_checked_truncation(truncation))
        decode = self._program(_decode)

        def program(variables: Variables, batch: Mapping[str, np.ndarray]) -> PyTree:
            columns = {name: values for name, values in batch.items() if name != "seed"}
            return decode(variables, {**columns, "latent": latent(variables, {"seed": batch["seed"]})})

        return self._images(self._run(program, {"seed": seeds} | ({} if labels is None else {"label": labels})))

    def _apply(self, function: Callable, name: str, values: np.ndarray, labels: Labels) -> np.ndarray:
        if not len(values):
            raise InputError(f"{name}: there are none.")
        if self.num_classes and (labels is None or isinstance(labels, str)):
            raise InputError("This model is conditional: give the classes of the images as labels.")
        labels = self.labels(labels, range(len(values)))
        columns = {name: values} | ({} if labels is None else {"label": labels})
        return np.concatenate(list(self._images(self._run(self._program(function), columns))))

    def _images(self, results: Iterable[tuple[np.ndarray, np.ndarray]]) -> Iterator[np.ndarray]:
        """The images of results, where all that the network makes is finite: as a pixel, NaN would be black."""
        for images, finite in results:
            if not finite.all():
                raise DivergedError(f"{self.name} makes values that are not finite: take another step of the run.")
            yield images

    def _run(self, program: Callable, columns: Mapping[str, np.ndarray]) -> Iterator[PyTree]:
        """A program's results for all rows of the columns; the last row fills up the last call."""
        size = self.chunk * self._mesh.size
        total = len(next(iter(columns.values())))
        calls: deque[tuple[PyTree, int]] = deque()

        def fetched(result: PyTree, count: int) -> PyTree:
            return jax.tree.map(lambda rows: np.asarray(rows)[:count], result)

        for start in range(0, total, size):
            rows = np.minimum(np.arange(start, start + size), total - 1)
            batch = {name: values[rows] for name, values in columns.items()}
            calls.append((program(self.variables, batch), min(size, total - start)))
            if len(calls) > CALLS_AHEAD:
                yield fetched(*calls.popleft())
        for call in calls:
            yield fetched(*call)

    def _program(self, function: Callable, **settings: Any) -> Callable[[Variables, Batch], PyTree]:
        """`function(objective, variables, batch, **settings)` compiled: each device runs it on a chunk of a batch."""
        key = (function, *settings.items())
        if key not in self._programs:
            split, whole = PartitionSpec("x"), PartitionSpec()
            mapped = partial(function, self.objective, **settings)
            self._programs[key] = jax.jit(
                jax.shard_map(mapped, mesh=self._mesh, in_specs=(whole, split), out_specs=split, check_vma=False),
                compiler_options=compiler.options(),
            )
        return self._programs[key]


def _latent(objective: Objective, variables: Variables, batch: Batch, *, truncation: float | None) -> Array:
    keys = jax.vmap(partial(jax.random.fold_in, jax.random.key(0)))(batch["seed"])
    return objective.latent(keys, truncation)


def _decode(objective: Objective, variables: Variables, batch: Batch) -> tuple[Array, Array]:
    return _quantised(objective.sample(variables, batch["latent"], batch))


def _reconstruct(objective: Objective, variables: Variables, batch: Batch) -> tuple[Array, Array]:
    return _quantised(objective.reconstruct(variables, batch))


def _quantised(images: Array) -> tuple[Array, Array]:
    return to_uint8(images), jnp.isfinite(images).all(axis=(1, 2, 3))


def _checked(seeds: Seeds) -> np.ndarray:
    array = np.asarray(seeds if isinstance(seeds, np.ndarray) else list(seeds))
    if not array.size:
        raise InputError("seeds: there are none.")
    if array.ndim != 1 or array.dtype.kind not in "iu" or array.min() < 0 or array.max() >= 2**32:
        raise InputError(f"seeds: not all of {array.min()} to {array.max()} are whole numbers from 0 to {2**32 - 1}.")
    return array.astype(np.uint32)


def _checked_truncation(truncation: float | None) -> float | None:
    if truncation is not None and not 0 <= truncation < np.inf:
        raise InputError(f"truncation = {truncation} should be a number from 0 on.")
    return truncation


def _regroup(parts: Iterable[np.ndarray], size: int) -> Iterator[np.ndarray]:
    """The same rows in parts of `size`; the last may be smaller."""
    waiting: list[np.ndarray] = []
    count = 0
    for part in parts:
        waiting.append(part)
        count += len(part)
        if count >= size:
            rows = np.concatenate(waiting)
            rest = count % size
            yield from np.split(rows[: count - rest], count // size)
            waiting, count = [rows[count - rest :]], rest
    if count:
        yield np.concatenate(waiting)


def ema_template(objective: Objective, facts: Mapping[str, Any], batch_size: int) -> PyTree:
    """The shapes of the variables that a checkpoint's `ema` holds, of a run with that batch size."""

    def variables(key: Array) -> Variables:
        return objective.init(key, experiment.example_batch(facts, batch_size))[0][objective.sampling_player]

    shapes = jax.eval_shape(variables, jax.random.key(0))
    sharding = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
    return jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=sharding), shapes)


def load(workdir: str | Path, step: int | None = None, best: bool = False) -> Sampler:
    """The sampler of a run's newest checkpoint, of a given step, or of the best by the run's own metric."""
    workdir = Path(workdir)
    if not (workdir / "checkpoints").is_dir():
        raise InputError(f"{workdir} holds no run: there is no folder 'checkpoints' in it.")
    with Checkpoints(workdir, best=_best_metric(workdir) if best else "", read_only=True) as checkpoints:
        if not checkpoints.steps:
            raise InputError(f"{workdir} holds no complete checkpoint yet.")
        if step is None:
            step = checkpoints.best_step() if best else checkpoints.steps[-1]
        if step not in checkpoints.steps:
            raise InputError(f"step = {step}: the checkpoints of {workdir} are of the steps {checkpoints.steps}.")

        def read(method: Callable, *arguments: Any) -> Any:
            try:
                return method(step, *arguments)
            except Exception as error:  # whatever tensorstore, Orbax and JSON say of damaged files
                reason = (str(error).splitlines() or [type(error).__name__])[0]
                others = [other for other in checkpoints.steps if other != step]
                message = f"Checkpoint {step} of {workdir} cannot be restored ({reason}). Others: {others}."
                raise InputError(message) from error

        description = configs.tuples(read(checkpoints.describe))
        config, facts = description["config"], description["facts"]
        objective = experiment.make_objective(config, facts)
        variables = read(checkpoints.restore_ema, ema_template(objective, facts, config["batch_size"]))
    return Sampler(objective, variables, facts, origin={"run": workdir.resolve().name, "step": str(step)})


def _best_metric(workdir: Path) -> str:
    try:
        best = configs.read(workdir / "config.json")["checkpoint"]["best"]
    except KeyError as error:
        raise InputError(f"{workdir / 'config.json'} does not say what the best checkpoint is: {error}") from error
    if not best:
        raise InputError(f"best: the run {workdir} has no checkpoint.best, the metric to keep the best checkpoint by.")
    return best
