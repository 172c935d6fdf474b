"""Seconds of a checkpoint: how long training waits for it, until it is on disk, and until it is read back.

    python benchmarks/checkpointing.py [--megabytes 100] [--rounds 3]

The state is float32 noise in the places of a run's: parameters, two Adam moments, average. The wait is `save` itself
with the digest of all bits; the writing goes on behind it. Minima over rounds.
"""

import tempfile
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import optax
import orbax.checkpoint
import tables

from gan_jax.runs.checkpoint import Checkpoints
from gan_jax.types import Player, TrainState, Variables


def make_state(megabytes: float, step: int) -> TrainState:
    """Ten arrays of parameters, four times over."""
    size = int(megabytes * 1e6 / 4 / 4 / 10)
    keys = jax.random.split(jax.random.key(step), 10)
    params = {f"layer_{i}": jax.random.normal(key, (size,)) for i, key in enumerate(keys)}
    return TrainState(
        step=jnp.int32(step),
        key=jax.random.key(0),
        players={"generator": Player(Variables(params, {}), optax.adam(1e-3).init(params))},
        ema={"generator": Variables(jax.tree.map(jnp.copy, params), {})},
        frozen={},
        carry={"generator": {}},
        skipped={"generator": jnp.int32(0)},
    )


def main() -> None:
    parser = tables.parser(__doc__)
    parser.add_argument("--megabytes", type=float, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    flags = parser.parse_args()
    waits, totals, reads = [], [], []
    for step in range(1, flags.rounds + 2):
        state = jax.block_until_ready(make_state(flags.megabytes, step))
        with tempfile.TemporaryDirectory() as folder:
            with Checkpoints(Path(folder)) as checkpoints:
                start = time.perf_counter()
                checkpoints.save(state, {}, {})
                waits.append(time.perf_counter() - start)
            totals.append(time.perf_counter() - start)
            with Checkpoints(Path(folder), read_only=True) as checkpoints:
                start = time.perf_counter()
                assert checkpoints.restore_latest(state).step == step
                reads.append(time.perf_counter() - start)
    row = {"state, MB": flags.megabytes}
    for name, times in (("training waits, s", waits), ("on disk, s", totals), ("restored, s", reads)):
        row[name] = min(times[1:])  # the first compiles the digest
    row["versions"] = f"jax {jax.__version__}, orbax {orbax.checkpoint.__version__}"
    tables.publish([row], flags.out)


if __name__ == "__main__":
    main()
