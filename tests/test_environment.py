"""Odd surroundings: settings of JAX, streams that are closed or narrow, readers that have had enough."""

import os
import subprocess
import sys

import numpy as np
import pytest
from commands import ROOT, environment

import gan_jax


def sample(run, out, shell: str = "", **variables: str) -> subprocess.CompletedProcess:
    """Draws two seeds in a process of its own; `shell` comes after the command."""
    command = f"{sys.executable} {ROOT / 'sample.py'} --workdir={run} --seeds=3,4 --out={out} {shell}"
    return subprocess.run(["bash", "-c", command], env={**environment(), **variables}, capture_output=True, text=True)


ODD = {
    "JAX_ENABLE_X64": "1",
    "JAX_DEFAULT_PRNG_IMPL": "rbg",
    "JAX_THREEFRY_PARTITIONABLE": "0",
    "JAX_DISABLE_JIT": "1",
    "LC_ALL": "C",
    "PYTHONIOENCODING": "ascii",
}


@pytest.mark.parametrize("shell", ["", "2>&-", ">&- 2>&-"])
def test_a_seed_is_the_same_picture_whatever_the_environment_says(gan_run, tmp_path, shell):
    out = tmp_path / "bilder_ä.npz"
    done = sample(gan_run, out, shell, **ODD)
    assert done.returncode == 0, done.stderr
    with np.load(out, allow_pickle=False) as found:
        np.testing.assert_array_equal(found["images"], gan_jax.load(gan_run)([3, 4]))
    if not shell:
        assert "JAX_ENABLE_X64=1 is not heeded" in done.stderr


def test_whoever_reads_may_have_enough(gan_run):
    command = f"{sys.executable} -m gan_jax list losses | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], env=environment(), capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "0"
    assert "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr


def test_ctrl_c_while_it_imports_is_quiet(tmp_path):
    """Imports take a second or two: SIGINT after a tenth of one falls among them."""
    command = f"timeout -s INT 0.4 {sys.executable} {ROOT / 'sample.py'} --workdir={tmp_path} --describe"
    done = subprocess.run(["bash", "-c", command], env=os.environ | environment(), capture_output=True, text=True)
    assert "Traceback" not in done.stderr
