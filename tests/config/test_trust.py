"""A run's folder executes nothing: its config names what is in this package, or in modules that the user named."""

import copy
import hashlib
import inspect
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import experiments
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gan_jax
from gan_jax import schedules
from gan_jax.commands import sample
from gan_jax.config import schema, trust
from gan_jax.config.packages import PACKAGES
from gan_jax.data import augment
from gan_jax.errors import InputError
from gan_jax.evaluation.image_sets import data_of_run, parse

LAB = """
import os
import subprocess
from pathlib import Path
from flax import linen as nn
from gan_jax.losses.adversarial import hinge
from gan_jax.nets import dcgan

Path({mark!r}).touch()

class Generator(dcgan.Generator):
    pass

class Stripes:
    def __init__(self, path=""):
        Path({mark!r} + ".called").touch()
    def __len__(self):
        return 1
    def __getitem__(self, i):
        return {{}}

def run(command="touch"):
    Path({mark!r} + ".called").touch()
"""


@pytest.fixture
def nobody(monkeypatch):
    """A process in which the user has named no module yet."""
    monkeypatch.setattr(trust, "_trusted", set())


@pytest.fixture
def lab(tmp_path, monkeypatch) -> Path:
    """A module `my_lab`; the file that importing it makes."""
    mark = tmp_path / "imported"
    (tmp_path / "my_lab.py").write_text(LAB.format(mark=str(mark)))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "my_lab", raising=False)
    return mark


def forged(run: Path, to: Path, change) -> Path:
    """A copy of a run whose config says something else, digest and all."""
    shutil.copytree(run, to)
    for file in (*to.glob("checkpoints/*/config/metadata"), to / "config.json"):
        held = json.loads(file.read_text())
        change(held.get("config", held))
        if "digest" in held:
            text = {name: value for name, value in held.items() if name != "digest"}
            held["digest"]["config"] = hashlib.sha256(json.dumps(text, sort_keys=True).encode()).hexdigest()
        file.write_text(json.dumps(held))
    return to


def network(name: str, **settings):
    def change(config) -> None:
        config["generator"]["network"] = {"name": name, **settings}

    return change


def test_a_network_of_a_folder_runs_no_command(gan_run, tmp_path, nobody):
    run = forged(gan_run, tmp_path / "sent", network("os:system", command=f"touch {tmp_path}/done"))
    for open_it in (
        lambda: gan_jax.load(run),
        lambda: sample.main([f"--workdir={run}", "--describe"]),
        lambda: data_of_run(f"run:{run}"),
        lambda: parse(f"run:{run}"),
    ):
        with pytest.raises(
            InputError, match=r"asks for code of os .*generator.network.name = 'os:system'.*--plugins=os"
        ):
            open_it()
    assert not (tmp_path / "done").exists()


@pytest.mark.parametrize(
    "name", ["my_lab:run", "my_lab:os.system", "my_lab:subprocess.Popen", "my_lab:Stripes", "my_lab"]
)
def test_a_named_module_gives_what_the_place_takes_alone(gan_run, tmp_path, nobody, lab, name):
    run = forged(gan_run, tmp_path / "sent", network(name))
    with pytest.raises(InputError):
        gan_jax.load(run)
    assert not lab.exists()
    with pytest.raises(InputError, match=r"does not say that it belongs there|has no|cannot be imported"):
        gan_jax.load(run, plugins=["my_lab"])
    assert not Path(f"{lab}.called").exists()


def test_a_named_module_is_used(gan_run, tmp_path, nobody, lab):
    def change(config) -> None:
        config["generator"]["network"]["name"] = "my_lab:Generator"

    run = forged(gan_run, tmp_path / "sent", change)
    arguments = [f"--workdir={run}", "--seeds=0", f"--out={tmp_path / 'out.npz'}"]
    with pytest.raises(InputError, match="my_lab"):
        sample.main(arguments)
    assert sample.main([*arguments, "--plugins=my_lab"]) == 0


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_name_anywhere_in_a_config_is_found(data):
    """Wherever `build` would make a call, `check` sees the name first."""
    config = schema.resolve_config(experiments.gan(generator__losses=dict(own=dict(name="hinge", weight=1.0))))

    def sections(value, path=()):
        for key, inner in value.items():
            if isinstance(inner, dict):
                yield (*path, key)
                yield from sections(inner, (*path, key))

    path = data.draw(st.sampled_from(sorted(sections(config))))
    key = data.draw(st.sampled_from([*PACKAGES, "anything", "name"]))
    forged = copy.deepcopy(config)
    section = forged
    for part in path:
        section = section[part]
    section[key] = "os:system" if key == "name" else {"name": "os:system"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trust, "_trusted", set())
        trust.check(config, "a run")
        with pytest.raises(InputError, match=r"asks for code of os "):
            trust.check(forged, "a run")


def test_the_schedules_of_the_package_need_no_trust(nobody):
    """As many as there are, and by their whole names."""
    own = {f"gan_jax.schedules:{name}" for name, x in vars(schedules).items() if takes_numbers(x)}
    assert own == set(trust.SCHEDULES)
    for name in own:
        trust.check({"generator": {"clip_norm": {"name": name}}}, "a run")
    with pytest.raises(InputError, match=r"asks for code of gan_jax.schedules "):
        trust.check({"generator": {"clip_norm": {"name": "gan_jax.schedules:jnp.save"}}}, "a run")


def takes_numbers(x) -> bool:
    return inspect.isfunction(x) and x.__module__ == schedules.__name__ and x.__name__ != "at"


def test_a_name_of_ones_own_is_no_kind_of_section():
    """A term that is called `reward` is a term, and what it asks for a reward."""
    term = {"name": "mine:term", "reward": {"name": "mine:judge"}}
    config = {"generator": {"losses": {"reward": term}}, "evals": {"source": {"name": "mine:metric"}}}
    found = {named.name: named.place for named in trust._named(config)}
    assert found == {"mine:term": "losses", "mine:judge": "reward", "mine:metric": "evals"}
    assert set(trust.TAKES) == set(trust.PACKAGES)


def test_augmentations_that_remember_are_known_by_what_they_show():
    takes = trust.TAKES["augment"]
    assert takes(augment.ada) and takes(augment.bgc)
    assert not takes(subprocess.Popen) and not takes(os.system)


@pytest.mark.parametrize("place", sorted(PACKAGES))
def test_every_place_of_a_config_says_what_it_takes(place):
    assert place in trust.TAKES


def test_a_config_that_was_changed_is_no_config(gan_run, tmp_path):
    run = tmp_path / "changed"
    shutil.copytree(gan_run, run)
    for file in run.glob("checkpoints/*/config/metadata"):
        file.write_text(file.read_text().replace('"seed": ', '"seed": 1'))
    with pytest.raises(InputError, match="config: it is not what was saved"):
        gan_jax.load(run)


def test_a_folder_with_the_name_of_a_library_is_not_imported(tmp_path):
    """Sampling from inside a folder that was sent must not import what lies there in place of a library."""
    (tmp_path / "optax.py").write_text("raise SystemExit('the wrong optax')")
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')")
    program = (
        "import sys; sys.path.remove(''); from gan_jax import command; command.main(lambda _: not __import__('optax'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(gan_jax.__file__).parents[1]), "PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
