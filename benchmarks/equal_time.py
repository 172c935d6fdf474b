"""Recipes at equal processor time: each trains on the same data until its time is up, and is scored by held-out images.

python benchmarks/equal_time.py FILE.npz RECIPE [RECIPE ...] --seconds=1800 --seeds=0,1,2 --features=NAME --weights=FILE

A recipe is a config of this repository with any settings behind it, as one word in quotes: "dcgan steps=20000". Data:
the first nine tenths of the file are trained on, `--num` of the rest and as many samples are compared. The time is the
training process's own, of all its threads, with compilation; a run is interrupted as by Ctrl-C, and saves what it has.
Prints one JSON line for each run; without recipes one for the training images themselves, which none should beat.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
import zlib
from pathlib import Path

ROOT = Path(__file__).parents[1]
METRICS = "fd,kid,precision_recall,density_coverage"
TICK = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("recipes", nargs="*")
    parser.add_argument("--seconds", type=float, default=1800)
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--features", default="random")
    parser.add_argument("--weights", default="")
    parser.add_argument("--num", type=int, default=4000)
    parser.add_argument("--conditional", action="store_true", help="train with the classes, where a recipe can")
    parser.add_argument("--folder", type=Path, default=Path("runs/equal_time"))
    flags = parser.parse_intermixed_args()
    if not flags.recipes:
        show({"recipe": "training images"} | score(source(flags, "train"), flags))
    for recipe in flags.recipes:
        for seed in flags.seeds.split(","):
            name, *changes = recipe.split()
            workdir = flags.folder / f"{name}_{zlib.crc32(' '.join(changes).encode()):08x}_{seed}"
            seconds = train(recipe, seed, workdir, flags)
            metrics = METRICS + (",accuracy" if flags.conditional and flags.features == "classifier" else "")
            show({"recipe": recipe, "seed": int(seed), "seconds": seconds} | score(f"run:{workdir}", flags, metrics))


def source(flags: argparse.Namespace, part: str) -> str:
    split = {"train": "[:90%]", "held_out": "[90%:]"}[part]
    return f"npz(path={str(flags.data)!r}, split='all{split}')"


def train(recipe: str, seed: str, workdir: Path, flags: argparse.Namespace) -> float:
    """Trains until the time is up, and returns the processor seconds that it took."""
    config, *changes = recipe.split()
    settings = ["data.source=npz", f"data.source.path={flags.data}", "data.source.split=all[:90%]", f"seed={seed}"]
    settings += ["data.resolution=None", "evals={}", "steps=10000000", "checkpoint.every=1000", "checkpoint.keep=1"]
    settings += [f"objective.conditional={flags.conditional}", *changes]
    command = [sys.executable, "train.py", f"--config=configs/{config}.py", f"--workdir={workdir}"]
    command += [f"--config.{setting}" for setting in settings]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    seconds = 0.0
    while process.poll() is None:
        time.sleep(1)
        seconds = max(seconds, used(process.pid))
        if seconds > flags.seconds:
            process.send_signal(signal.SIGTERM)
            process.wait()
    if process.returncode not in (0, 128 + signal.SIGTERM):
        raise SystemExit(f"{' '.join(map(str, command))} ended with status {process.returncode}: try it with --dry_run")
    return seconds


def used(pid: int) -> float:
    """The processor seconds of a process and its threads."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK


def score(images: str, flags: argparse.Namespace, metrics: str = METRICS) -> dict[str, float]:
    out = flags.folder / "scores.jsonl"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.unlink(missing_ok=True)
    command = [sys.executable, "-m", "gan_jax", "metrics", source(flags, "held_out"), images, f"--metrics={metrics}"]
    command += [f"--features={flags.features}", f"--num={flags.num}", f"--out={out}"]
    subprocess.run(
        command + ([f"--weights={flags.weights}"] if flags.weights else []),
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    return {row["metric"]: round(row["value"], 4) for row in rows}


def show(row: dict) -> None:
    print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
