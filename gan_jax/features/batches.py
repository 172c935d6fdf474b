"""A frozen network over a whole set: one compiled batch size, every device of the host, full float32 precision."""

from collections.abc import Callable, Iterator

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import PyTree
from tqdm import tqdm

from gan_jax import compiler


class Batched:
    """Maps arrays [N, ...] through `apply(params, *batches)`, whose outputs have the batch in front.

    The last batch is padded, so that no result depends on how many examples came along, and TF32 is kept out.
    `batch_size` 0: as fast as it gets with images of 200 to 300 pixels, which is few at a time on CPUs, so that maps
    stay in the caches.
    """

    def __init__(self, apply: Callable, params: PyTree, batch_size: int):
        devices = jax.local_devices()
        mesh = Mesh(np.array(devices), ("example",))
        self._params = jax.device_put(params, NamedSharding(mesh, PartitionSpec()))
        self._sharding = NamedSharding(mesh, PartitionSpec("example"))
        batch_size = batch_size or (4 if devices[0].platform == "cpu" else 128)
        self._size = -(-batch_size // len(devices)) * len(devices)
        self._apply = jax.jit(apply, compiler_options=compiler.options())

    def __call__(self, *arrays: np.ndarray, description: str = "", progress: bool = False) -> PyTree:
        """The outputs for all examples, as NumPy arrays."""
        number = len(arrays[0])
        with tqdm(total=number, desc=description, unit="image", disable=not progress) as bar:
            parts = list(self._run(arrays, bar))
        return jax.tree.map(lambda *leaves: np.concatenate(leaves)[:number], *parts)

    def _run(self, arrays: tuple[np.ndarray, ...], bar: tqdm) -> Iterator[PyTree]:
        previous = None
        for start in range(0, len(arrays[0]), self._size):
            batches = [array[start : start + self._size] for array in arrays]
            filled = len(batches[0])
            padded = [np.pad(b, [(0, self._size - filled)] + [(0, 0)] * (b.ndim - 1)) for b in batches]
            with jax.default_matmul_precision("highest"):
                current = self._apply(self._params, *jax.device_put(padded, self._sharding))
            if previous is not None:  # fetched while the device computes the next
                yield jax.device_get(previous)
            previous = current
            bar.update(filled)
        yield jax.device_get(previous)
