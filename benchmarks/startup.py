"""Seconds from the start of train.py to the end of its first step: compilation cache empty, then warm.

    python benchmarks/startup.py [--config configs/quickstart.py]

Each start is a process of its own with a new run folder. Its clock ends when the first metrics are on disk; the loop
reads them eight steps behind the device, so nine steps are in it. The imports alone are measured beside it.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tables

ROOT = Path(__file__).resolve().parent.parent


def first_step(config: str, workdir: Path, cache: Path) -> float:
    """Seconds until a run of one step has its metrics on disk."""
    metrics = workdir / "metrics.jsonl"
    start = time.perf_counter()
    overrides = ["--config.steps=1000000", "--config.report.every=1", "--config.report.samples_every=1000000"]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "train.py"), f"--config={config}", f"--workdir={workdir}", *overrides],
        env=os.environ | {"JAX_COMPILATION_CACHE_DIR": str(cache)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not (metrics.exists() and metrics.stat().st_size):
            if process.poll() is not None:
                raise RuntimeError(f"train.py ended with status {process.returncode} before its first step")
            time.sleep(0.01)
        return time.perf_counter() - start
    finally:
        process.kill()
        process.wait()


def python(code: str) -> float:
    """Seconds of a process that runs this."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    return time.perf_counter() - start


def main() -> None:
    parser = tables.parser(__doc__)
    parser.add_argument("--config", default=str(ROOT / "configs" / "quickstart.py"))
    flags = parser.parse_args()
    open_data = f"experiment.make_data(schema.resolve_config(config.load({flags.config!r})))"
    python(
        f"from gan_jax.config import experiment, schema; from gan_jax.config import files as config; {open_data}"
    )  # prepares the set, where it never was
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        cold = first_step(flags.config, Path(folder) / "cold", cache)
        warm = first_step(flags.config, Path(folder) / "warm", cache)
    name = Path(flags.config).stem
    rows = [("imports alone", python("import gan_jax.training.loop")), ("empty cache", cold), ("warm cache", warm)]
    tables.publish([{"config": name, "start": start, "seconds": seconds} for start, seconds in rows], flags.out)


if __name__ == "__main__":
    main()
