"""Batches: batch k is a function of (seed, k), the same for any number of hosts, workers and restarts."""

import functools
import itertools
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator

import numpy as np
from absl import flags

from gan_jax.data import order
from gan_jax.data.dataset import Dataset
from gan_jax.errors import InputError

Arrays = dict[str, np.ndarray]


def batches(
    dataset: Dataset, *, seed: int, start_step: int, examples_per_step: int, host: int = 0, hosts: int = 1
) -> Iterator[Arrays]:
    """This host's part of batch start_step, start_step + 1, ..., without end.

    Batch k holds places [k * E, (k + 1) * E) of the walk in order.py, E = examples_per_step; host h of H has the h-th
    H-th of it. `position` int32 [E / H] is an example's place in the global batch. A set that fits in memory gives
    `index` int32 [E / H], to be gathered from Dataset.arrays(); a larger one gives the examples themselves.
    """
    if examples_per_step % hosts:
        raise InputError(f"{examples_per_step} examples per step do not divide over {hosts} hosts")
    local = examples_per_step // hosts
    position = np.arange(host * local, (host + 1) * local, dtype=np.int32)
    if dataset.fits_in_memory:
        return _in_memory(len(dataset), seed, start_step, examples_per_step, position)
    return _streamed(dataset, seed, start_step, examples_per_step, position)


def _in_memory(size: int, seed: int, start_step: int, examples_per_step: int, position: np.ndarray) -> Iterator[Arrays]:
    for step in itertools.count(start_step):
        chosen = order.indices(seed, step * examples_per_step + int(position[0]), len(position), size)
        yield {"index": chosen.astype(np.int32), "position": position}


def _streamed(
    dataset: Dataset, seed: int, start_step: int, examples_per_step: int, position: np.ndarray
) -> Iterator[Arrays]:
    import grain  # takes a second, which a set in memory need not wait for

    read = functools.partial(_read_batch, dataset, seed, examples_per_step, position)
    steps = grain.MapDataset.range(start_step, sys.maxsize).map(read)
    threads = 1 if dataset.workers else os.cpu_count()
    loaded = steps.to_iter_dataset(grain.ReadOptions(num_threads=threads, prefetch_buffer_size=2 * threads))
    if dataset.workers:
        options = grain.MultiprocessingOptions(num_workers=dataset.workers, per_worker_buffer_size=2)
        if not flags.FLAGS.is_parsed():  # Grain's processes are started with the absl flags of this one
            flags.FLAGS.mark_as_parsed()
        loaded = loaded.mp_prefetch(options, worker_init_fn=_start_worker)
    iterator = iter(loaded)
    try:
        for batch, damage in iterator:
            dataset.report(damage)
            yield batch
    finally:
        iterator.close()


def _start_worker(worker: int, workers: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process of the run, which closes its workers
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Ends a worker whose run was killed, which would wait for it for ever."""
    multiprocessing.parent_process().join()
    os._exit(1)


def _read_batch(
    dataset: Dataset, seed: int, examples_per_step: int, position: np.ndarray, step: int
) -> tuple[Arrays, dict[int, str]]:
    start = step * examples_per_step + int(position[0])
    examples, damage = [], {}
    for place, i in enumerate(order.indices(seed, start, len(position), len(dataset)), start):
        example, found = dataset.read(int(i), (seed, place))
        examples.append(example)
        damage |= found
    stacked = {name: np.stack([example[name] for example in examples]) for name in examples[0]}
    return stacked | {"position": position}, damage
