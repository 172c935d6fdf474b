"""What augmentations and penalties cost: a step of ours with each, as a ratio to the plain step.

    python benchmarks/cost_of_extras.py [--family stylegan2-32] [--cores 0] [--rounds 3]

ADA shows what its paper does to images with p = 0.6. `r1/16` is evaluated at every 16th step, and a turn has
whole sixteens. All take turns, each in a process of its own on the same cores; --cores=0 is all.
"""

import math
import os
import sys
from contextlib import ExitStack
from pathlib import Path

import tables
import turns

EXTRAS = ("", "r1", "r1/16", "path_length", "path_length/4", "diffaugment", "ada")
SHORTEST = 1.0  # seconds of a turn


def every(extra: str) -> int:
    """How many steps there are from one evaluation to the next."""
    return int(extra.partition("/")[2] or 1)


def main() -> None:
    parser = tables.parser(__doc__)
    parser.add_argument("--family", default="stylegan2-32")
    parser.add_argument("--extras", default=",".join(EXTRAS))
    parser.add_argument("--cores", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=3)
    flags = parser.parse_args()
    script = str(Path(__file__).with_name("training_step.py"))
    environment = {"PYTHONPATH": os.environ.get("PYTHONPATH", str(Path(__file__).resolve().parent.parent))}
    extras = flags.extras.split(",")
    with ExitStack() as stack:
        rivals = {}
        for extra in extras:
            step = f"{flags.family}+{extra}" if extra else flags.family
            command = [sys.executable, script, f"--serve={step}"]
            rivals[extra] = stack.enter_context(turns.Rival(command, flags.cores, environment))
        multiple = math.lcm(*map(every, extras))
        seconds = turns.race(rivals, flags.rounds, turns.enough(rivals[""], SHORTEST, multiple))
        facts = {extra: rival.facts for extra, rival in rivals.items()}
    rows = [
        {
            "step": flags.family,
            "with": extra or "nothing more",
            "cores": flags.cores or "all",
            "ms": 1e3 * value,
            "to plain": value / seconds[""],
            "compile, s": facts[extra]["compile"],
            "versions": facts[extra]["version"],
        }
        for extra, value in seconds.items()
    ]
    tables.publish(rows, flags.out)


if __name__ == "__main__":
    main()
