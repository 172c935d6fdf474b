"""What JAX is told."""

import socket

import jax
import pytest

from gan_jax import command
from gan_jax.errors import InputError
from gan_jax.hosts import joined

SLURM = {
    "SLURM_JOB_ID": "8195",
    "SLURM_STEP_NODELIST": "n[1-2]",
    "SLURM_NODEID": "1",
    "JAX_PLATFORMS": "cuda",
    "CUDA_VISIBLE_DEVICES": "0,1,2,3,4,5,6,7",
}
ONE_A_NODE = {
    "SLURM_NTASKS": "2",
    "SLURM_PROCID": "1",
    "SLURM_LOCALID": "0",
    "SLURM_STEP_TASKS_PER_NODE": "1(x2)",
}
ONE_A_GPU = {
    "SLURM_NTASKS": "16",
    "SLURM_PROCID": "11",
    "SLURM_LOCALID": "3",
    "SLURM_STEP_TASKS_PER_NODE": "8(x2)",
}


@pytest.fixture
def told(monkeypatch):
    """What `jax.distributed.initialize` was called with; there is nobody to meet, and JAX then has 8 GPUs."""
    found = {}

    def initialize(*place, **more):
        found.update(more, place=place[1:])

    monkeypatch.setattr(jax.distributed, "initialize", initialize)
    monkeypatch.setattr(joined, "_meet_first", lambda place, address, seconds: 5000)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    monkeypatch.setattr(jax, "local_device_count", lambda: len(found["local_device_ids"] or range(8)))
    monkeypatch.setenv("no_grpc_proxy", "")  # to be as before afterwards
    return found


def join(*words: str) -> None:
    parser = command.parser("train", "")
    command.add_hosts(parser)
    command.join_hosts(parser.parse_args(["--distributed", *words]))


@pytest.mark.parametrize(
    ("variables", "words", "place", "devices"),
    [
        (ONE_A_NODE, [], (2, 1), None),  # all that there are; JAX by itself takes the first
        (ONE_A_NODE, ["--local_devices=0-3"], (2, 1), [0, 1, 2, 3]),
        (ONE_A_GPU, [], (16, 11), [3]),
        (ONE_A_GPU, ["--local_devices=all"], (16, 11), None),
        (ONE_A_GPU | {"CUDA_VISIBLE_DEVICES": "5"}, [], (16, 11), None),  # --gpus-per-task=1
        ({}, ["--coordinator=a:1", "--num_processes=2", "--process_id=1"], (2, 1), None),
    ],
)
def test_the_gpus_that_jax_is_to_use(monkeypatch, told, variables, words, place, devices):
    for name, value in (SLURM | variables).items():
        monkeypatch.setenv(name, value)
    join(*words)
    assert told["place"] == place
    assert told["local_device_ids"] == devices
    assert told["cluster_detection_method"] == "deactivate"


def test_gpus_that_jax_does_not_use(monkeypatch, told):
    for name, value in (SLURM | ONE_A_NODE).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(jax, "local_device_count", lambda: 1)
    with pytest.raises(InputError, match=r"JAX uses 1 of 8 GPUs on .*: the others would stand idle"):
        join()
    monkeypatch.setattr(jax, "default_backend", lambda: "cpu")
    with pytest.raises(InputError, match=r"shows 8 GPUs and JAX uses its cpu: they would stand idle"):
        join()


def test_where_process_0_listens():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
        with pytest.raises(
            InputError, match=rf"--coordinator=127.0.0.1:{port}: the port cannot be used here: .*in use"
        ):
            joined._listen(("127.0.0.1", port))
    for host, others in (("127.0.0.1", False), ("localhost", True), ("192.0.2.1", True)):
        with joined._listen((host, 0)) as listener:
            assert (listener.getsockname()[0] != "127.0.0.1") == others
