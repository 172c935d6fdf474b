"""What a run is, and what it must not lose: other data and configs, non-finite updates, two runs at once, folders."""

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import experiments
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from commands import EXPERIMENTS, ROOT, environment, finish, start
from PIL import Image

import gan_jax
from gan_jax.errors import DivergedError, InputError
from gan_jax.runs import trained
from gan_jax.runs.checkpoint import Checkpoints
from gan_jax.training import loop


def folder(path: Path, **classes: int) -> Path:
    """Pictures by class."""
    for k, (name, count) in enumerate(classes.items()):
        (path / name).mkdir(parents=True)
        for i in range(count):
            Image.new("RGB", (8, 8), (30 * k, 7 * i, 90)).save(path / name / f"{i:02d}.png")
    return path


def config_of(data: Path, **changes):
    config = experiments.gan(steps=1, batch_size=8, **changes)
    config["data"] = {"source": {"name": "images", "path": str(data)}}
    return config


@pytest.fixture(scope="module")
def pictures_run(tmp_path_factory) -> tuple[Path, Path]:
    """The data and the folder of a run of one step."""
    data = folder(tmp_path_factory.mktemp("pictures") / "data", cat=6, dog=5)
    workdir = data.parent / "run"
    assert loop.run(config_of(data), workdir) == 0
    return data, workdir


def rename_class(data):
    (data / "cat").rename(data / "cow")


def add_class(data):
    folder(data, emu=1)


def remove_class(data):
    shutil.rmtree(data / "dog")
    folder(data, fox=5)


def lose_picture(data):
    (data / "dog" / "00.png").unlink()


def move_picture(data):
    (data / "dog" / "00.png").rename(data / "cat" / "99.png")


def rename_picture(data):
    (data / "dog" / "00.png").rename(data / "dog" / "zz.png")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (rename_class, "classes gone: 'cat'"),
        (add_class, "classes new: 'emu'"),
        (remove_class, "classes new: 'fox'"),
        (lose_picture, "class 'dog': 5 examples -> 4"),
        (move_picture, "class 'cat': 6 examples -> 7"),
        (rename_picture, "the files' names, or their order"),
    ],
)
def test_other_data_are_refused_by_what_changed(pictures_run, tmp_path, change, said):
    data, workdir = (shutil.copytree(path, tmp_path / path.name) for path in pictures_run)
    change(data)
    with pytest.raises(InputError, match=f"holds a run on other data:(?s:.)*{said}"):
        loop.run({**config_of(data), "steps": 2}, workdir)


def test_the_same_data_may_move(pictures_run, tmp_path, caplog):
    data, workdir = (shutil.copytree(path, tmp_path / f"moved_{path.name}") for path in pictures_run)
    with caplog.at_level("INFO"):
        assert loop.run({**config_of(data), "steps": 2}, workdir) == 0
    assert "data.source.path: " in caplog.text
    assert "from step 1 to 2" in caplog.text


def test_arrays_whose_values_changed(tmp_path):
    images = np.arange(12 * 8 * 8 * 3, dtype=np.int64).astype(np.uint8).reshape(12, 8, 8, 3)

    def run(values, steps):
        np.savez(tmp_path / "data.npz", images=values, labels=np.arange(12) % 3)
        config = experiments.gan(steps=steps, batch_size=8)
        config["data"] = {"source": {"name": "npz", "path": str(tmp_path / "data.npz")}}
        return loop.run(config, tmp_path / "run")

    assert run(images, 1) == 0
    assert run(images, 2) == 0
    with pytest.raises(InputError, match="what examples hold, or their order"):
        run(images[::-1], 3)


def test_a_config_that_was_deleted_opens_no_door(pictures_run, tmp_path):
    data, workdir = (shutil.copytree(path, tmp_path / path.name) for path in pictures_run)
    (workdir / "config.json").unlink()
    with pytest.raises(InputError, match="seed: 3 -> 4"):
        loop.run({**config_of(data), "seed": 4}, workdir)


def test_the_classes_are_in_the_config(pictures_run):
    assert json.loads((pictures_run[1] / "config.json").read_text())["facts"]["classes"] == ["cat", "dog"]


@pytest.mark.parametrize(
    "player",
    [
        dict(generator__optimizer=dict(name="sgd", learning_rate=1e38)),
        dict(generator__optimizer=dict(name="adam", learning_rate=1e-3, eps=0.0, b1=0.0, b2=0.0)),
        dict(discriminator__clip_norm=float("nan")),
        dict(generator__optimizer=dict(name="sgd", learning_rate=dict(name="test_never_lost:exploding"))),
    ],
)
def test_nothing_that_is_not_finite_is_taken_or_saved(tmp_path, player):
    config = experiments.gan(steps=12, max_skipped=4, checkpoint=dict(every=1, keep=2), **player)
    with contextlib.suppress(DivergedError, InputError):
        loop.run(config, tmp_path)
    with Checkpoints(tmp_path, read_only=True) as checkpoints:
        steps = checkpoints.steps
    for step in steps:
        variables = gan_jax.load(tmp_path, step=step).variables
        assert all(np.isfinite(x).all() for x in map(np.asarray, jax.tree.leaves(variables)))


def exploding() -> optax.Schedule:
    """A schedule of one's own that ends in infinity."""
    return lambda step: jnp.where(step < 3, 0.01, jnp.inf)


def test_the_last_finite_checkpoint_stays(tmp_path, caplog):
    rate = dict(name="test_never_lost:exploding")
    config = experiments.gan(
        steps=20,
        max_skipped=5,
        checkpoint=dict(every=1, keep=1),
        generator__optimizer=dict(name="sgd", learning_rate=rate),
    )
    with pytest.raises(
        DivergedError, match=r"(?s)The last 5 updates of generator .*lower generator.optimizer"
    ) as error:
        loop.run(config, tmp_path)
    assert "discriminator" not in str(error.value)
    with Checkpoints(tmp_path, read_only=True) as checkpoints:
        assert checkpoints.steps == [3]
    assert "Not saved after step 4: no update of generator." in caplog.text


def test_a_run_that_skips_large_updates_is_saved_and_goes_on_counting(tmp_path):
    config = experiments.vae(steps=2, autoencoder__skip_norm=1e-6)
    assert loop.run(config, tmp_path) == 0
    with Checkpoints(tmp_path, read_only=True) as checkpoints:
        assert checkpoints.steps == [2]
    with pytest.raises(DivergedError, match=r"The last 3 updates of autoencoder up to step 3 were skipped"):
        loop.run({**config, "steps": 9, "max_skipped": 3}, tmp_path)


def test_saved_before_it_is_shown(tmp_path):
    """Even a kill in an evaluation costs nothing; and the evaluation is made when the run is started again."""
    kill = [
        "--config.steps=2",
        "--config.evals.a.name=saboteur:strike",
        "--config.evals.a.signal=SIGKILL",
        f"--config.evals.a.note={tmp_path / 'note'}",
        "--config.evals.b.name=reconstruct_nothing:scores",
    ]
    lab = tmp_path / "reconstruct_nothing.py"
    lab.write_text("def scores(sampler, data):\n    return {'value': 7.0}\n")
    variables = {"PYTHONPATH": f"{ROOT / 'tests'}{os.pathsep}{tmp_path}"}
    command = (ROOT / "train.py", f"--config={EXPERIMENTS}", f"--workdir={tmp_path / 'run'}", *kill)
    finish(start(*command, **variables), -signal.SIGKILL)
    with Checkpoints(tmp_path / "run", read_only=True) as checkpoints:
        assert checkpoints.steps == [2]
    said = finish(start(*command, **variables))
    assert "nothing left to do" in said
    assert "b/value" in said
    assert json.loads((tmp_path / "run" / "measured.json").read_text()) == {"2": {"a": {}, "b": {"b/value": 7.0}}}
    assert "b/value" not in finish(start(*command, **variables))


def test_two_runs_in_one_folder(gan_run, tmp_path):
    """The lock goes with the process that held it, however it ended."""
    program = (
        "import sys, time; from pathlib import Path; from gan_jax.runs import workdir\n"
        "with workdir.held(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    workdir = shutil.copytree(gan_run, tmp_path / "run")
    config = experiments.change(json_config(workdir), dict(steps=5))
    holder = subprocess.Popen([sys.executable, "-c", program, str(workdir)], stdout=subprocess.PIPE, cwd=ROOT)
    try:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(InputError, match=f"is in use by process {holder.pid} on "):
            loop.run(config, workdir)
    finally:
        holder.kill()
        holder.wait()
    assert loop.run(config, workdir) == 0


def json_config(workdir: Path):
    from gan_jax.config import files

    return files.read(workdir / "config.json")


def test_the_newest_checkpoint_may_go_while_one_looks(gan_run, tmp_path, monkeypatch):
    """As it does beside a training that saves often."""
    run = shutil.copytree(gan_run, tmp_path / "run")
    chosen = trained._chosen
    pruned = []

    def then_pruned(workdir, checkpoints, step, best):
        found = chosen(workdir, checkpoints, step, best)
        if not pruned:
            pruned.append(found)
            shutil.rmtree(run / "checkpoints" / str(found))
        return found

    monkeypatch.setattr(trained, "_chosen", then_pruned)
    assert gan_jax.load(run).origin["step"] == "2"
    assert pruned == [4]


@pytest.mark.parametrize("name", ["a[1]", "a\\b", "what?", "*"])
def test_folders_that_checkpoints_cannot_be_kept_in(tmp_path, name):
    with pytest.raises(InputError, match="checkpoints cannot be kept below a folder with"):
        loop.run(experiments.gan(), tmp_path / name / "run")
    assert not (tmp_path / name).exists()


def test_folders_that_are_files(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "checkpoints").write_text("")
    for workdir in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / "run"):
        with pytest.raises(InputError, match=r"--workdir=.* is a file"):
            loop.run(experiments.gan(), workdir)


def test_a_checkpoint_that_cannot_be_read_back_is_noticed_when_it_is_written(tmp_path, monkeypatch):
    save = Checkpoints.save

    def damaging(self, state, description):
        wait = self._manager.wait_until_finished

        def damage():
            wait()
            for file in self.directory.glob("*/train/**/d/*"):
                content = bytearray(file.read_bytes())
                content[len(content) // 2] ^= 1
                file.write_bytes(content)

        monkeypatch.setattr(self._manager, "wait_until_finished", damage)
        save(self, state, description)

    monkeypatch.setattr(Checkpoints, "save", damaging)
    with pytest.raises(InputError, match=r"checkpoints/1 was written and cannot be read back"):
        loop.run(experiments.gan(steps=1), tmp_path)


def test_a_signal_is_acknowledged_at_once_and_the_run_ends_after_the_step_in_flight(tmp_path):
    """Also while the main thread waits for a slow device, in C++."""
    slow = ["--config.steps=50", "--config.generator.losses.slow.name=saboteur:slow", "--config.report.every=1"]
    process = start(
        ROOT / "train.py", f"--config={EXPERIMENTS}", f"--workdir={tmp_path}", *slow, PYTHONPATH=str(ROOT / "tests")
    )
    metrics = tmp_path / "metrics.jsonl"
    deadline = time.time() + 120
    while not (metrics.exists() and metrics.read_text()) and time.time() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    struck = time.time()
    while "SIGTERM: stopping after the step in flight" not in (tmp_path / "log.txt").read_text():
        assert time.time() - struck < 2
        time.sleep(0.05)
    steps = len(metrics.read_text().splitlines())
    said = finish(process, 128 + signal.SIGTERM)
    assert "The same command goes on from here." in said
    assert len(metrics.read_text().splitlines()) <= steps + 2


def test_a_disk_that_takes_no_more(tmp_path):
    """One line, not the stacks of the libraries that tried; a limit on the size of files stands in for a full disk."""
    words = ["train.py", f"--config={EXPERIMENTS}", f"--workdir={tmp_path / 'run'}", "--config.checkpoint.every=1"]
    command = shlex.join([sys.executable, *words])
    done = subprocess.run(
        ["bash", "-c", f"ulimit -f 6; exec {command}"],
        cwd=ROOT,
        env={**environment(), "JAX_ENABLE_COMPILATION_CACHE": "0"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith(
        f"error: {tmp_path}/run/checkpoints: a checkpoint cannot be written: "
    )
