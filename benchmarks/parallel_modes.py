"""Milliseconds of a training step under jit, pmap and shard_map on 8 devices, beside jit on 1, in turns.

    python benchmarks/parallel_modes.py [--devices 8] [--rounds 5]

The host plays the devices: all share the same cores, so that a ratio is what the dividing itself costs, in exchange,
smaller pieces and replicated updates. The network is DCGAN for 32x32 images, in batches of 64.
"""

import argparse
import sys
from contextlib import ExitStack

import tables
import training_step
import turns

MODES = ("jit", "pmap", "shard_map")


def rival(mode: str, devices: int) -> turns.Rival:
    environment = {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}"}
    return turns.Rival([sys.executable, __file__, "--serve", mode], environment=environment)


def main() -> None:
    parser = tables.parser(__doc__)
    parser.add_argument("--devices", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", choices=MODES, help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.serve:
        return training_step.serve("dcgan-32", flags.serve)
    cases = [("jit", 1), *((mode, flags.devices) for mode in MODES)]
    with ExitStack() as stack:
        rivals = {case: stack.enter_context(rival(*case)) for case in cases}
        seconds = turns.race(rivals, flags.rounds, steps=3)
        versions = {case: one.facts["version"] for case, one in rivals.items()}
    rows = [
        {
            "mode": mode,
            "devices": devices,
            "step, ms": 1e3 * value,
            "to 1 device": value / seconds["jit", 1],
            "versions": versions[mode, devices],
        }
        for (mode, devices), value in seconds.items()
    ]
    tables.publish(rows, flags.out)


if __name__ == "__main__":
    main()
