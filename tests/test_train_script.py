"""train.py as its users run it: to the end, stopped in every way, wrongly."""

import json
import os
import resource
import signal
import time
from pathlib import Path

import experiments
import numpy as np
import pytest
import saved
from commands import EXPERIMENTS, train
from PIL import Image

from gan_jax.commands import train as train_command
from gan_jax.config import experiment
from gan_jax.config import files as configs
from gan_jax.errors import InputError
from gan_jax.runs import workdir as workdirs
from gan_jax.runs.checkpoint import Checkpoints
from gan_jax.training import loop, pictures

SETTINGS = [
    "--config.steps=10",
    "--config.checkpoint.every=2",
    "--config.checkpoint.keep=9",
    "--config.report.every=2",
    "--config.report.samples_every=5",
    "--config.report.samples", "12",
    "--config.data.flip=true",
    "--config.ema.ramp_up=0.5",
    "--config.generator.optimizer=adam",
    "--config.generator.optimizer.learning_rate=0.05",
    "--config.discriminator.repeats=2",
    "--config.discriminator.losses.r1.name=r1",
    "--config.discriminator.losses.r1.every=2",
]  # fmt: skip


@pytest.fixture(scope="module")
def never_stopped(tmp_path_factory) -> Path:
    workdir = tmp_path_factory.mktemp("never_stopped")
    workdir.joinpath("said.txt").write_text(train(workdir, *SETTINGS))
    return workdir


def strike(name: str, every: int, note: Path) -> list[str]:
    """An evaluation every so many steps that sends the run a signal."""
    return [
        "--config.evals.strike.name=saboteur:strike",
        f"--config.evals.strike.signal={name}",
        f"--config.evals.strike.every={every}",
        f"--config.evals.strike.note={note}",
    ]


@pytest.fixture(scope="module")
def stopped(tmp_path_factory) -> Path:
    """A run that is killed in step 3, as it writes a checkpoint, told to stop in 4 and in 6, and brought to its end."""
    workdir, notes = tmp_path_factory.mktemp("stopped"), tmp_path_factory.mktemp("notes")
    for name, every, status in (("SIGKILL", 3, -signal.SIGKILL), ("SIGTERM", 4, 143), ("SIGINT", 6, 130)):
        said = train(workdir, *SETTINGS, *strike(name, every, notes / name), status=status)
        seconds = time.time() - float((notes / name).read_text())
        if status > 0:
            assert seconds < 30  # on a loaded machine; it takes one or two
            assert "Stopped; everything is saved. The same command goes on from here." in said
            assert (workdir / "checkpoints" / str(every)).is_dir()  # of the step whose evaluation it interrupted
            assert "Traceback" not in said
    train(workdir, *SETTINGS)
    return workdir


def test_a_stopped_run_ends_where_one_that_never_stopped_does(never_stopped, stopped):
    for once, again in zip(saved.states(never_stopped, 4, 10), saved.states(stopped, 4, 10), strict=True):
        saved.assert_identical(once, again)
        assert all(any(part in key for key in once) for part in ("ema", "opt_state", "batch_stats", "key"))
    for picture in ("real.png", "samples/step_00000005.png", "samples/step_00000010.png"):
        pixels = [np.asarray(Image.open(workdir / picture)) for workdir in (never_stopped, stopped)]
        assert pixels[0].std() > 1
        np.testing.assert_array_equal(*pixels)


def lines(workdir: Path) -> list[dict]:
    return [json.loads(line) for line in (workdir / "metrics.jsonl").open()]


def test_metrics_of_a_stopped_run_have_no_gap_and_no_double(never_stopped, stopped):
    once, again = (
        [json.loads(line) for line in (workdir / "metrics.jsonl").open()] for workdir in (never_stopped, stopped)
    )
    assert [line["step"] for line in once] == [2, 4, 6, 8, 10]
    by_step = {line["step"]: line for line in again}
    assert sorted(by_step) == [line["step"] for line in again]
    assert {2, 4, 10} <= by_step.keys()
    for key in ("discriminator/adversarial", "generator/loss", "discriminator/r1", "generator/gradient_norm"):
        assert by_step[2][key] == once[0][key]


def test_what_a_run_leaves(never_stopped):
    files = {str(file.relative_to(never_stopped)) for file in never_stopped.rglob("*") if file.is_file()}
    assert {"config.json", "metrics.jsonl", "log.txt", "real.png", "samples/step_00000005.png"} <= files
    assert any(file.startswith("events.out.tfevents.") for file in files)
    assert {path.name for path in (never_stopped / "checkpoints").iterdir()} == {"2", "4", "6", "8", "10"}
    config = json.loads((never_stopped / "config.json").read_text())
    assert config["discriminator"]["losses"]["r1"] == {"name": "r1", "weight": 1.0, "every": 2, "warmup": 0}
    assert config["generator"]["optimizer"]["b2"] == 0.999
    said = (never_stopped / "said.txt").read_text()
    assert f"sample.py --workdir={never_stopped} " in said and "devices  1 x cpu" in said
    assert "GFLOP" in said
    assert "images/s" in said
    assert (never_stopped / "log.txt").read_text().count("discriminator  total") == 1


def test_a_vae_trains(tmp_path):
    train(tmp_path, "--config.steps", "2", "--config.report.every=1", config=f"{EXPERIMENTS}:vae")
    first, last = lines(tmp_path)
    assert 0 < last["autoencoder/loss"] < first["autoencoder/loss"]
    assert (tmp_path / "samples" / "step_00000002.png").is_file()


def test_another_config_in_an_old_folder(never_stopped, caplog):
    config = configs.read(never_stopped / "config.json")
    wait = dict(name="saboteur:wait", seconds=0.0)
    changes = dict(report__every=3, checkpoint__keep=9, parallel__mode="pmap", evals=dict(wait=wait))
    refused = dict(generator__optimizer__learning_rate=0.1, batch_size=16, data__flip=False)
    with pytest.raises(InputError) as caught:
        loop.run(experiments.change(config, changes | refused), never_stopped)
    message = str(caught.value)
    assert "holds a run with another config" in message
    assert "generator.optimizer.learning_rate: 0.05 -> 0.1" in message
    assert "batch_size: 32 -> 16" in message
    assert "data.flip: True -> False" in message
    assert not any(key in message for key in ("report", "parallel", "evals"))
    with caplog.at_level("INFO"):
        changed = experiments.change(config, changes)
        workdirs.check_same_run(never_stopped, changed, experiment.make_facts(experiment.make_data(changed)))  # taken
    assert "report.every: 2 -> 3" in caplog.text


def processor_seconds() -> float:
    """What the commands that have ended took, whatever else this machine was doing."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--config.generator.optimizer.learning_rte=1"], "Did you mean 'learning_rate'?"),
        (["--config.data.resolution=9,9"], "cannot make 9x9 images"),
        (["--config.parallel.mode=pmap", "--config.batch_size=12"], "batch_size = 12 does not divide over 8 devices"),
    ],
)
def test_bad_input_is_one_message_in_seconds(tmp_path, words, message):
    before = processor_seconds()
    said = train(tmp_path / "run", *words, status=2, devices=8)
    assert processor_seconds() - before < 10
    assert said.startswith("error: ")
    assert message in said
    assert "Traceback" not in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_hosts_that_are_not_to_be_joined(tmp_path):
    with pytest.raises(InputError, match="--process_id is for runs on several hosts: add --distributed"):
        train_command.main([f"--config={EXPERIMENTS}", "--process_id=1"])


@pytest.mark.parametrize(
    ("text", "message"),
    [("x = (", "line 1: "), ("def get_config():\n    pass\n", r"get_config\(\) should return a config, not None")],
)
def test_config_files_that_are_none(tmp_path, text, message):
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(InputError, match=message):
        configs.load(str(tmp_path / "mine.py"))


def test_a_config_that_was_cut_short(tmp_path):
    (tmp_path / "checkpoints" / "3").mkdir(parents=True)
    (tmp_path / "config.json").write_text('{"steps": ')
    with pytest.raises(InputError, match=r"config\.json cannot be read"):
        loop.run(experiments.gan(), tmp_path)


def test_skipped_images_are_named_and_counted(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for i in range(40):
        Image.new("RGB", (8, 8), (6 * i, 99, 9)).save(photos / f"{i:02d}.png")
    (photos / "07.png").write_bytes(b"not a picture")
    source = ("--config.data.source=images", f"--config.data.source.path={photos}", "--config.data.on_error=skip")
    said = train(tmp_path / "run", "--config.steps=2", "--config.objective.conditional=false", *source)
    for text in (said, (tmp_path / "run" / "log.txt").read_text()):
        assert "Skipped example 7 (1 so far): " in text and "07.png" in text
        assert "Examples that could not be read and were skipped: 1" in text


def test_the_best_is_kept_whenever_it_is_measured(tmp_path):
    evals = dict(a=dict(name="frechet_distance", features="pixels", num_images=8, every=2))
    best = dict(steps=5, checkpoint__every=3, checkpoint__keep=9, checkpoint__best="a/fd_pixels/train", evals=evals)
    assert loop.run(experiments.gan(**best), tmp_path) == 0
    with Checkpoints(tmp_path, best="a/fd_pixels/train", read_only=True) as checkpoints:
        assert checkpoints.steps == [2, 3, 4, 5]
        assert checkpoints.best_step() in (2, 4, 5)


def test_a_signal_before_an_evaluation_leaves_it_out(tmp_path, monkeypatch):
    drawn = pictures.drawn

    def interrupted(*arguments):
        os.kill(os.getpid(), signal.SIGTERM)
        return drawn(*arguments)

    monkeypatch.setattr(pictures, "drawn", interrupted)
    evals = dict(a=dict(name="saboteur:fail", every=1))
    config = experiments.gan(steps=3, report__samples_every=1, evals=evals)
    assert loop.run(config, tmp_path) == 128 + signal.SIGTERM
    with Checkpoints(tmp_path, read_only=True) as checkpoints:
        assert checkpoints.steps == [1]


def test_missing_arguments():
    with pytest.raises(InputError, match="--config is missing: a name that --list shows"):
        train_command.main([])


def test_a_run_that_diverges_says_where(tmp_path):
    said = train(
        tmp_path,
        "--config.autoencoder.optimizer=sgd",
        "--config.autoencoder.optimizer.learning_rate=1e30",
        "--config.max_skipped=2",
        config=f"{EXPERIMENTS}:vae",
        status=1,
    )
    assert "The last 2 updates of autoencoder up to step" in said
    assert "autoencoder/loss" in said
    assert "Traceback" not in said


def test_an_evaluation_that_fails_costs_no_checkpoint(tmp_path):
    evals = (
        "--config.evals.a.name=saboteur:wait",
        "--config.evals.a.seconds=0.0",
        "--config.evals.b.name=saboteur:fail",
    )
    said = train(tmp_path, "--config.steps=2", *evals, status=1)
    assert "this evaluation fails" in said
    with Checkpoints(tmp_path, read_only=True) as checkpoints:
        assert checkpoints.steps == [2]


def test_a_run_that_is_done_has_nothing_left_to_do(never_stopped, caplog):
    config = configs.read(never_stopped / "config.json")
    with caplog.at_level("INFO"):
        assert loop.run(experiments.change(config, dict(steps=4)), never_stopped) == 0
    assert "The run is at step 10 of 4: there is nothing left to do." in caplog.text


def test_a_config_counts_from_the_first_checkpoint_on(tmp_path):
    fails = dict(a=dict(name="saboteur:fail", every=1))
    with pytest.raises(ValueError, match="this evaluation fails"):
        loop.run(experiments.gan(steps=2, checkpoint__every=9, evals=fails), tmp_path)
    assert loop.run(experiments.gan(steps=2, seed=8), tmp_path) == 0
