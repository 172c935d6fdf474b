"""The command: what it says of itself, finds, lists, checks and leaves behind."""

import argparse
import importlib
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import EXPERIMENTS, ROOT, environment
from PIL import Image

from gan_jax import __main__, command
from gan_jax.commands import asking, detect, listing, report, sample, train, weights
from gan_jax.config import files
from gan_jax.config.names import lookup
from gan_jax.config.offered import offered
from gan_jax.errors import InputError


def run_main(monkeypatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["gan-jax", *words])
    try:
        __main__.main()
    except SystemExit as end:
        return end.code
    return 0


def test_help_names_every_command(monkeypatch, capsys):
    assert run_main(monkeypatch, "--help") == 0
    said = capsys.readouterr().out
    for name, (module, line) in __main__.COMMANDS.items():
        assert f"  {name} " in said and line in said
        assert callable(importlib.import_module(module).main)


def test_an_unknown_command(monkeypatch, capsys):
    assert run_main(monkeypatch, "reprot") == 2
    assert "error: there is no command 'reprot'. Did you mean 'report'? Valid: " in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["configs", "metrics", *listing.KINDS])
def test_what_is_listed_says_what_it_is(kind, capsys):
    listing.main([kind])
    rows = dict(line.strip().split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert rows  # each has a line: dict() refuses others
    assert all(line.endswith(".") for line in rows.values())
    if kind in listing.KINDS:
        for name in rows:
            assert lookup(name, listing.KINDS[kind], "key") is not None  # a config can say it


@pytest.mark.parametrize(
    ("kind", "made"),
    [
        ("objectives", "Objective"),
        ("features", "Features"),
        ("frozen", "Frozen"),
        ("likelihoods", "Likelihood"),
        ("tokenizers", "Recipe"),
    ],
)
def test_what_is_listed_makes_what_is_asked_for(kind, made):
    """And not parts of others, which a config can do nothing with."""
    for name, function in offered(importlib.import_module(listing.KINDS[kind])).items():
        assert function.__annotations__["return"] in (made, getattr(sys.modules[function.__module__], made)), name


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("losses", "hinge Lim and Ye 2017; Miyato et al. 2018."),
        ("evals", "kernel_distance The kernel distance (KID; Bińkowski et al. 2018)."),
        ("metrics", "precision_recall Improved precision and recall (Kynkäänniemi et al. 2019), k = 3."),
        ("networks", "dcgan.Generator Transposed convolutions"),
    ],
)
def test_some_that_are_listed(kind, line, capsys):
    listing.main([kind])
    assert any(" ".join(row.split()).startswith(line) for row in capsys.readouterr().out.splitlines())


def test_help_tells_defaults_and_configs(capsys):
    with pytest.raises(SystemExit):
        train.main(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "quickstart, quickstart_vae" in said
    assert "None" not in said and "False" not in said and "()" not in said
    for main, words, default in ((sample.main, [], 256), (detect.main, ["train"], 1000)):
        with pytest.raises(SystemExit):
            main([*words, "--help"])
        assert f"(default: {default})" in " ".join(capsys.readouterr().out.split())


def test_help_of_sample_ends_with_examples_that_can_be_typed(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        sample.main(["--help"])
    *_, examples = capsys.readouterr().out.partition("examples:\n")
    lines = [shlex.split(line) for line in examples.splitlines()]
    assert len(lines) > 5
    for words in lines:
        assert asking.parse(words[words.index("sample") + 1 :]).workdir == Path("RUN")


class AskedError(Exception):
    """Ends a command at the arguments that it takes."""


def said(parser: argparse.ArgumentParser, name: str) -> Iterator[tuple[str, str | None]]:
    """Every argument of a command and of those below it, with its help."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from ((f"{name} {choice.dest}", choice.help) for choice in action._choices_actions)
            assert len(action._choices_actions) == len(action.choices)
            for below, its in action.choices.items():
                yield from said(its, f"{name} {below}")
        else:
            yield f"{name} {action.metavar or action.dest}", action.help


@pytest.mark.parametrize("name", __main__.COMMANDS)
def test_every_argument_has_a_help_text(name, monkeypatch):
    def ask(parser, args=None, namespace=None):
        raise AskedError(parser)

    monkeypatch.setattr(command._Parser, "parse_known_args", ask)
    with pytest.raises(AskedError) as asked:
        importlib.import_module(__main__.COMMANDS[name][0]).main([])
    assert [argument for argument, text in said(asked.value.args[0], name) if not text] == []


def test_a_reader_that_has_enough():
    reads, writes = os.pipe()
    os.close(reads)
    list_configs = [sys.executable, str(ROOT / "train.py"), "--list"]
    done = subprocess.run(list_configs, env=environment(), stdout=writes, stderr=subprocess.PIPE, text=True)
    os.close(writes)
    assert (done.returncode, done.stderr) == (0, "")


CONFIG = '"""Mine: {}."""\n\n\ndef get_config():\n    return dict(steps={})\n'


def test_configs_are_found_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert files.load("quickstart")["steps"] == 3500
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "mine.py").write_text(CONFIG.format("of the folder", 1))
    (tmp_path / "configs" / "quickstart.py").write_text(CONFIG.format("before the package's", 2))
    (tmp_path / "configs" / "torn.py").write_text("x = (")
    assert [files.load(name)["steps"] for name in ("mine", "mine.py", "configs/mine.py", "quickstart")] == [1, 1, 1, 2]
    (tmp_path / "mine.py").write_text(CONFIG.format("here", 3))
    assert files.load("mine")["steps"] == 3
    found = files.configs()
    assert (found["mine"], found["torn"]) == ("Mine: of the folder.", "(cannot be read)")
    assert {"dcgan", "quickstart"} <= found.keys()


def test_a_config_that_is_not_there(monkeypatch, capsys):
    assert run_main(monkeypatch, "train", "--config=quikstart") == 2
    said = capsys.readouterr().err
    assert said.startswith("error: --config=quikstart: there is no such file or config. Did you mean 'quickstart'? ")
    assert "dcgan" in said


def test_what_lies_beside_an_installed_package_is_none_of_its_configs(tmp_path, monkeypatch):
    """A folder of that name in site-packages is somebody else's."""
    for place, name in (("gan_jax/configs", "ours"), ("configs", "theirs")):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / f"{name}.py").write_text(CONFIG.format(name, 1))
    monkeypatch.setattr(files, "__file__", str(tmp_path / "gan_jax" / "config" / "files.py"))
    monkeypatch.chdir(tmp_path / "gan_jax")  # whose `configs` is the package's own
    assert list(files.configs()) == ["ours"]


@pytest.mark.parametrize(
    ("started", "spoken"),
    [
        ("/bin/gan-jax", "gan-jax sample"),
        ("/site-packages/gan_jax/__main__.py", "python -m gan_jax sample"),
        ("train.py", "python sample.py"),
        ("my clone/train.py", "python 'my clone/sample.py'"),
    ],
)
def test_commands_are_called_as_this_one_was(started, spoken, monkeypatch):
    monkeypatch.setattr(sys, "argv", [started])
    assert command.spoken("sample") == spoken
    of_no_script = "gan-jax metrics" if started.endswith("gan-jax") else "python -m gan_jax metrics"
    assert command.spoken("metrics") == of_no_script


@pytest.mark.parametrize("words", [["fetch", "nothing"], ["fitch"], []])
def test_weights_that_are_asked_for_wrongly(words):
    with pytest.raises(InputError, match="--help lists the arguments"):
        weights.main(words)


def test_a_dry_run_finds_an_evaluation_without_its_weights(tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_JAX_WEIGHTS", str(tmp_path))
    asked = ["--config.evals.a=comparison", "--config.evals.a.features=inception", "--config.evals.a.metrics=fd"]
    with pytest.raises(InputError, match=r"inception"):
        train.main([f"--config={EXPERIMENTS}", "--dry_run", f"--workdir={tmp_path / 'run'}", *asked])


def test_a_dry_run_tells_what_would_run_and_writes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    adam = ("--config.generator.optimizer=adam", "--config.generator.optimizer.learning_rate=0.1")
    assert train.main([f"--config={EXPERIMENTS}", "--dry_run", "--config.generator.network.width=256", *adam]) == 0
    assert list(tmp_path.iterdir()) == []
    said = capsys.readouterr().out
    rows = {words[0]: words[1:] for words in map(str.split, said.splitlines())}
    assert "data: 96 examples" in said and rows["label"] == ["a", "class,", "0", "to", "5"]
    assert said.count("8x8x3") == 2  # the column and the draw
    discriminator, generator = (int(row.split()[-1].replace(",", "")) for row in said.splitlines() if " total " in row)
    taken = {name: float(rows[name][0]) for name in ("parameters", "optimizer", "average", "frozen")}
    values = {"parameters": generator + discriminator, "optimizer": 2 * generator, "average": generator, "frozen": 0}
    for name, count in values.items():  # float32; statistics of batches come on top
        assert taken[name] == pytest.approx(4 * count / 2**20, abs=0.01)
    assert taken["average"] > 0.1
    assert "generator/gradient_norm" in said
    # Most of it: a 4x4 transposed convolution from 4x4x256 to 8x8x3, forward for both players, twice that backward.
    convolution = 2 * 32 * (4 * 4 * 256) * (4 * 4 * 3)
    assert 4 * convolution / 1e9 < float(rows["one"][1]) < 5 * convolution / 1e9


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> tuple[Path, str]:
    """A run in a folder with a space in its name, started in the folder above, and its last line."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("finished")
        patch.chdir(folder)
        patch.setattr(sys, "argv", [str(ROOT / "train.py")])
        said = []
        patch.setattr(train.logging, "info", lambda text, *values: said.append(text % values))
        settings = ("--config.steps=2", "--config.report.every=1", "--config.seed=41")
        assert train.main([f"--config={EXPERIMENTS}", "--workdir=my run", *settings]) == 0
    return folder, said[-1]


def test_the_log_begins_with_what_runs_where(finished):
    from importlib.metadata import version

    text = (finished[0] / "my run" / "log.txt").read_text()
    banner = text[: text.index("discriminator")]
    for name in ("jax", "jaxlib", "flax"):
        assert f"{name} {version(name)}, " in banner
    assert "devices  1 x cpu, hosts 1" in banner
    assert "data     96 examples, on the device: image: 8x8x3 pixels; " in banner and "label: a class, 0 to 5" in banner
    assert "run      my run, seed 41, from step 0 to 2" in banner


def test_the_last_line_of_a_run_is_a_command_that_works(finished, monkeypatch):
    folder, line = finished
    said, _, words = line.partition(":")
    python, script, *arguments = shlex.split(words)
    assert (said, python, script) == ("Try next", "python", str(ROOT / "sample.py"))
    monkeypatch.chdir(folder)
    assert sample.main(arguments) == 0
    assert Image.open(folder / "my run.png").size[0] >= 64


def test_a_run_leaves_its_curves_and_report_draws_them_again(finished, tmp_path):
    workdir = finished[0] / "my run"
    assert Image.open(workdir / "curves.png").size == (1650, 352)  # two players and their gradients
    (workdir / "curves.png").unlink()
    assert report.main([f"--workdir={workdir}"]) == 0
    assert report.main([f"--workdir={workdir}", f"--out={tmp_path / 'new' / 'mine.png'}"]) == 0
    assert (workdir / "curves.png").read_bytes() == (tmp_path / "new" / "mine.png").read_bytes()
    with pytest.raises(InputError, match=r"metrics\.jsonl is not there: is .* the folder of a run\?"):
        report.main([f"--workdir={tmp_path}"])
