"""Running the scripts as a user does: in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXPERIMENTS = ROOT / "tests" / "experiments.py"


def environment(devices: int = 1, **more: str) -> dict[str, str]:
    """A number of fake devices on the CPU, for which programs are compiled as in the tests."""
    return {
        **os.environ,
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count={devices}",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
        **more,
    }


def start(*command: object, cwd: Path | None = None, devices: int = 1, **more: str) -> subprocess.Popen:
    """A Python command, its output in pipes."""
    return subprocess.Popen(
        [sys.executable, *map(str, command)],
        env=environment(devices, **more),
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen, status: int = 0, timeout: float = 300) -> str:
    """Waits for a command that should exit with that status, and returns what it wrote to stderr."""
    try:
        output, errors = process.communicate(timeout=timeout)
    finally:
        process.kill()
    assert process.returncode == status, f"exit status {process.returncode}\n{output}\n{errors}"
    return errors


def train(workdir: Path, *arguments: object, config: object = EXPERIMENTS, status: int = 0, **options) -> str:
    """Runs train.py to its end, which should have that exit status, and returns what it wrote to stderr."""
    return finish(start(ROOT / "train.py", f"--config={config}", f"--workdir={workdir}", *arguments, **options), status)
