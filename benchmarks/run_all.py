"""All benchmarks of training, one after the other, on a machine that does nothing else: about 8 minutes on two cores.

    python benchmarks/run_all.py --torch_python PATH --out results.json

Prints the Markdown tables of README.md as they come, and keeps their rows in a file. One that fails does not stop the
others; the exit status tells.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tables

HERE = Path(__file__).resolve().parent


def benchmarks(torch_python: str) -> dict[str, list[str]]:
    """A name and the command line of each."""
    torch = [f"--torch_python={torch_python}"] if torch_python else []
    return {
        "dcgan": ["training_step.py", "--steps=dcgan-32", "--rounds=10", *torch],
        "resnet": ["training_step.py", "--steps=resnet-32", "--rounds=3", *torch],
        "input_pipeline": ["input_pipeline.py"],
        "startup": ["startup.py"],
        "parallel_modes": ["parallel_modes.py"],
        "checkpointing": ["checkpointing.py"],
    }


def run(arguments: list[str]) -> list[tables.Row]:
    """The rows of one benchmark; none where it failed."""
    script, *options = arguments
    path = os.pathsep.join(filter(None, (str(HERE.parent), os.environ.get("PYTHONPATH"))))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "rows.json"
        command = [sys.executable, str(HERE / script), *options, f"--out={out}"]
        finished = subprocess.run(command, stdout=sys.stderr, env=os.environ | {"PYTHONPATH": path})
        return json.loads(out.read_text()) if finished.returncode == 0 else []


def main() -> int:
    parser = tables.parser(__doc__)
    parser.add_argument("--torch_python", default="", help="the python of an environment with torch")
    flags = parser.parse_args()
    results = {}
    for name, arguments in benchmarks(flags.torch_python).items():
        start = time.perf_counter()
        results[name] = run(arguments)
        seconds = time.perf_counter() - start
        text = tables.markdown(results[name]) if results[name] else "failed"
        print(f"\n### {name} ({seconds:.0f} s)\n\n{text}", flush=True)
        if flags.out:
            flags.out.write_text(json.dumps(results, indent=2) + "\n")
    return 0 if all(results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
