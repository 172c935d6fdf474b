"""Two hosts on this machine, with two devices each."""

import shutil
import socket
import subprocess
import time
from pathlib import Path

import commands
import numpy as np
import pytest
import saved
from commands import EXPERIMENTS, ROOT

SETTINGS = [
    "--config.checkpoint.every=100",
    "--config.report.every=1",
    "--config.generator.optimizer.learning_rate=0.5",
    "--config.discriminator.optimizer.learning_rate=0.1",
]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def by_flags(port: int, host: int) -> list[str]:
    return [f"--coordinator=127.0.0.1:{port}", "--num_processes=2", f"--process_id={host}"]


def by_slurm(port: int, host: int) -> dict[str, str]:
    """The variables of a step of two tasks on one node."""
    return {
        "SLURM_JOB_ID": "8195",
        "SLURM_STEP_NODELIST": "127.0.0.1",
        "SLURM_STEP_TASKS_PER_NODE": "2",
        "SLURM_NTASKS": "2",
        "SLURM_NODEID": "0",
        "SLURM_PROCID": str(host),
        "SLURM_LOCALID": str(host),
        "JAX_COORDINATOR_PORT": str(port),
        "http_proxy": "http://127.0.0.1:9",  # as clusters have one, which JAX would wait for
    }


def start(workdir: Path, *arguments: str, **variables: str) -> subprocess.Popen:
    """One host."""
    config = [f"--config={EXPERIMENTS}", f"--workdir={workdir}", "--distributed"]
    return commands.start(ROOT / "train.py", *config, *SETTINGS, *arguments, devices=2, **variables)


def train_on_two_hosts(workdir: Path, *arguments: str, statuses: tuple[int, int] = (0, 0)) -> list[str]:
    port = free_port()
    hosts = [start(workdir, *by_flags(port, host), *arguments) for host in range(2)]
    return [commands.finish(host, status) for host, status in zip(hosts, statuses, strict=True)]


def steps(workdir: Path) -> list[int]:
    """Those that there are whole checkpoints of."""
    return sorted(int(path.name) for path in (workdir / "checkpoints").glob("*") if path.name.isdecimal())


def kill_one(hosts: list[subprocess.Popen], which: int, workdir: Path, above: int) -> str:
    """Kills a host when the next two checkpoints are there, and returns what the other said as it ended."""
    until = time.monotonic() + 120
    while sum(step > above for step in steps(workdir)) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    hosts[which].kill()
    before = time.monotonic()
    said = commands.finish(hosts[1 - which], 75, timeout=60)
    assert time.monotonic() - before < 30
    hosts[which].communicate()
    return said


def test_a_host_that_is_killed_and_the_run_that_goes_on(tmp_path):
    """The other one ends at once and says who is gone; started again, the run takes the steps that it took before."""
    endless = ["--config.steps=1000000", "--config.checkpoint.every=20", "--config.checkpoint.keep=1000"]
    port = free_port()
    hosts = [start(tmp_path, *endless, **by_slurm(port, host)) for host in range(2)]
    said = kill_one(hosts, 1, tmp_path, 0)
    name = socket.gethostname()
    assert f"process 0 of 2 on {name}: meets the others at 127.0.0.1:{port} within 120 s\n" in said
    assert f"process 0 of 2 on {name}: has 2 of 4 devices (cpu), coordinator 127.0.0.1:{port}\n" in said
    assert f"error: Process 1 of 2 ({name}) is gone. Started again on all hosts, the run goes on from" in said
    assert "Traceback" not in said
    assert "stack trace" not in said

    *_, before, last = steps(tmp_path)
    (once,) = saved.states(tmp_path, last)
    shutil.rmtree(tmp_path / "checkpoints" / str(last))
    port = free_port()
    hosts = [start(tmp_path, *endless, **by_slurm(port, host)) for host in range(2)]
    said = kill_one(hosts, 0, tmp_path, before)  # where the others meet, and JAX's own service is
    assert f"error: Process 0 of 2 ({name}) is gone. Started again on all hosts, the run goes on from" in said
    assert "Traceback" not in said
    assert "stack trace" not in said
    (again,) = saved.states(tmp_path, last)
    saved.assert_identical(once, again)


def test_hosts_that_differ(tmp_path):
    """Both say in what, before they wait for each other, and nothing is written."""
    port = free_port()
    hosts = [start(tmp_path / "run", *by_flags(port, host), f"--config.seed={host}") for host in range(2)]
    for host in hosts:
        said = commands.finish(host, 2)
        name = socket.gethostname()
        differ = f"config.seed is 0 on process 0 of 2 ({name}) and 1 on process 1 of 2 ({name})"
        assert said.splitlines()[-1] == f"error: the processes differ: {differ}."
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("process", "message"),
    [
        (0, "error: start at 127.0.0.1:{}: after 1 s 1 of 2 processes had come; missing: 1. Without other hosts leave"),
        (
            1,
            "error: No answer from the coordinator 127.0.0.1:{} within 1 s ([Errno 111] Connection refused): is",
        ),
    ],
)
def test_a_host_that_nobody_joins(tmp_path, process, message):
    port = free_port()
    said = commands.finish(start(tmp_path / "run", *by_flags(port, process), "--join_timeout=1"), 2, timeout=60)
    assert message.format(port) in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("arguments", "variables", "message"),
    [
        ([], {}, "--coordinator is missing: nothing here tells it. Several hosts need --coordinator=HOST:PORT --num_"),
        (["--coordinator=here"], {}, "--num_processes is missing"),
        (["--coordinator=here", "--num_processes=2", "--process_id=1"], {}, "--coordinator=here should be HOST:PORT"),
        (["--coordinator=a:1", "--num_processes=2", "--process_id=2"], {}, "--process_id=2 should be from 0 to"),
        (["--join_timeout=0"], {}, "--join_timeout=0 should be above 0"),
        (["--local_devices=x"], {}, "--local_devices=x: 'x' is not a number or a range"),
        (
            [],
            {
                "OMPI_COMM_WORLD_RANK": "1",
                "OMPI_COMM_WORLD_SIZE": "2",
                "OMPI_COMM_WORLD_LOCAL_RANK": "0",
                "OMPI_COMM_WORLD_LOCAL_SIZE": "1",
            },
            "--process_id=I. HOST is the node of process 0, PORT any that is free there.",
        ),
    ],
)
def test_hosts_that_nobody_tells_where_to_meet(monkeypatch, arguments, variables, message):
    from gan_jax import command
    from gan_jax.errors import InputError

    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    parser = command.parser("train", "")
    command.add_hosts(parser)
    with pytest.raises(InputError) as raised:
        command.join_hosts(parser.parse_args(["--distributed", *arguments]))
    assert message in str(raised.value)


def test_two_hosts_train_stop_together_and_go_on(tmp_path):
    """One of them gets a Ctrl-C, both save the same step, and the resumed run ends where one host's does."""
    two, one = tmp_path / "two", tmp_path / "one"
    said = train_on_two_hosts(
        two,
        "--config.steps=1000",
        "--config.evals.wait=saboteur:wait",
        "--config.evals.wait.seconds=0.3",
        "--config.evals.wait.every=1",
        "--config.evals.strike.name=saboteur:strike",
        "--config.evals.strike.signal=SIGINT",
        "--config.evals.strike.every=2",
        "--config.evals.strike.process=1",
        f"--config.evals.strike.note={tmp_path / 'note'}",
        statuses=(143, 130),  # SIGTERM is how the other one hears of it
    )
    assert all("Stopped; everything is saved." in text for text in said)
    (stopped_at,) = (int(path.name) for path in (two / "checkpoints").iterdir())
    assert 2 < stopped_at < 100

    end = stopped_at + 2
    train_on_two_hosts(two, f"--config.steps={end}")
    commands.train(one, *SETTINGS, f"--config.steps={end}", devices=4)
    assert len((two / "metrics.jsonl").read_text().splitlines()) == end  # written by one host alone
    (alone,), (before, together) = saved.states(one, end), saved.states(two, stopped_at, end)
    assert max(np.abs(together[key] - before[key]).max() for key in together if "ema" in key) > 1e-3
    assert together.keys() == alone.keys()
    for key in alone:
        np.testing.assert_allclose(together[key], alone[key], atol=1e-5, err_msg=key)
