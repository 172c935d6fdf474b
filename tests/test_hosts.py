"""Two hosts on this machine, with two devices each."""

import socket
from pathlib import Path

import commands
import numpy as np
import saved
from commands import EXPERIMENTS, ROOT

SETTINGS = [
    "--config.checkpoint.every=100",
    "--config.report.every=1",
    "--config.generator.optimizer.learning_rate=0.5",
    "--config.discriminator.optimizer.learning_rate=0.1",
]


def train_on_two_hosts(workdir: Path, *arguments: str, statuses: tuple[int, int] = (0, 0)) -> list[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    hosts = [
        commands.start(
            ROOT / "train.py",
            f"--config={EXPERIMENTS}",
            f"--workdir={workdir}",
            "--distributed",
            f"--coordinator=127.0.0.1:{port}",
            "--num_processes=2",
            f"--process_id={host}",
            *SETTINGS,
            *arguments,
            devices=2,
        )
        for host in range(2)
    ]
    return [commands.finish(host, status) for host, status in zip(hosts, statuses, strict=True)]


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
