"""Runs that stand on other runs: networks that do not learn, and players that begin where another run ended."""

import shutil

import experiments
import jax
import numpy as np
import pytest
import saved

import gan_jax
from gan_jax.config import files as configs
from gan_jax.errors import InputError
from gan_jax.runs import kept
from gan_jax.training import loop
from gan_jax.types import Frozen


def asks_the_first(view, *, weight_of: float = 1.0):
    """A term that looks at what a frozen run draws: its image of a latent of zeros, of every example's class."""
    image = view.frozen["first"]("image", 0 * view.latent, {"label": view.batch["label"]})
    return weight_of * ((view.fake - image) ** 2).mean((1, 2, 3))


def config_on(source, **changes):
    return experiments.gan(
        frozen=dict(
            first=dict(name="run", workdir=str(source)),
            importance=dict(name="importance", workdir=str(source), samples=4),
        ),
        generator__losses=dict(
            like=dict(name="test_frozen_and_initial:asks_the_first"),
            elastic=dict(name="elastic", weight=1e3),
            order=dict(name="correspondence", network="first"),
            near=dict(name="same_seed", network="first"),
        ),
        checkpoint=dict(every=2),
        steps=4,
        **changes,
    )


@pytest.fixture(scope="module")
def source(gan_run, tmp_path_factory):
    """A run that will move away."""
    return shutil.copytree(gan_run, tmp_path_factory.mktemp("source") / "gan")


@pytest.fixture(scope="module")
def standing(source, tmp_path_factory):
    """A run of four steps on the frozen run, of which the last two came after the source had moved."""
    workdir = tmp_path_factory.mktemp("standing") / "run"
    assert loop.run(config_on(source) | {"steps": 2}, workdir) == 0
    source.rename(source.with_name("elsewhere"))
    assert loop.run(config_on(source), workdir) == 0
    return workdir


def test_a_run_goes_on_and_samples_after_its_frozen_network_has_moved(standing, gan_run):
    sampler = gan_jax.load(standing)
    assert sampler(range(3)).shape == (3, 8, 8, 3)
    kept, original = (
        sampler.variables["first"]["generator"]["params"],
        gan_jax.load(gan_run).variables["generator"].params,
    )
    jax.tree.map(np.testing.assert_array_equal, kept, dict(original))


def test_moving_the_source_changed_nothing(standing, gan_run, tmp_path):
    straight = shutil.copytree(gan_run, tmp_path / "elsewhere")
    config = config_on(straight)
    assert loop.run(config, tmp_path / "run") == 0
    ours, theirs = (gan_jax.load(run).variables["generator"] for run in (standing, tmp_path / "run"))
    saved.assert_identical(saved.arrays(ours), saved.arrays(theirs))


def test_a_damaged_or_missing_copy_is_refused_by_name(standing, tmp_path):
    workdir = shutil.copytree(standing, tmp_path / "run")
    file = workdir / "frozen" / "first.npz"
    with np.load(file) as archive:
        arrays = {name: archive[name] for name in archive.files}
    name = next(name for name in arrays if name.endswith("kernel"))
    np.savez(file, **{**arrays, name: arrays[name] + 1})
    with pytest.raises(InputError, match=r"first\.npz: its arrays are not those that were kept"):
        gan_jax.load(workdir)
    file.unlink()
    with pytest.raises(InputError, match="the copy of the frozen network 'first' is missing"):
        gan_jax.load(workdir)


def test_a_run_goes_on_with_no_other_network_than_it_began_with(standing, tmp_path):
    """Not with what is where the source was, and not with a whole copy of another network."""
    workdir = shutil.copytree(standing, tmp_path / "run")
    config = configs.read(workdir / "config.json") | {"steps": 6}
    before = kept.read(workdir, "first")
    other = kept.Kept(jax.tree.map(lambda x: x + 1, before.variables), before.identity)
    (workdir / "frozen" / "first.npz").unlink()
    with pytest.raises(InputError, match="the copy of the frozen network 'first' is missing"):
        loop.run(config, workdir)
    kept.save(workdir, "first", Frozen(None, *other))
    with pytest.raises(InputError, match="first is not the network that the checkpoint was trained with"):
        loop.run(config, workdir)
    with pytest.raises(InputError, match="first is not the network that the checkpoint was trained with"):
        gan_jax.load(workdir)


def test_a_frozen_network_that_is_not_there_is_named(gan_run, tmp_path):
    config = config_on(gan_run, frozen__first=dict(name="run", workdir=str(tmp_path / "nowhere")))
    with pytest.raises(InputError, match="nowhere holds no run"):
        loop.run(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_lpips_is_a_term_of_any_pair(tmp_path, weights_file):
    from gan_jax.features import lpips
    from gan_jax.features.squeezenet import SqueezeNet

    shapes = jax.eval_shape(SqueezeNet().init, jax.random.key(0), np.zeros((1, 64, 64, 3), np.float32))
    heads = {f"lpips_v0.1.squeeze.lin{k}.model.1.weight": (1, c, 1, 1) for k, c in enumerate(lpips.CHANNELS)}
    config = experiments.vae(
        steps=1,
        batch_size=2,
        data__source__resolution=(20, 20),
        frozen=dict(lpips=dict(name="lpips", weights=weights_file(shapes, heads))),
        autoencoder__losses__seen=dict(name="perceptual", weight=0.5),
        report=dict(samples=2),
    )
    assert loop.run(config, tmp_path) == 0
    assert '"autoencoder/seen": ' in (tmp_path / "metrics.jsonl").read_text()


def test_a_player_begins_with_what_fits(gan_run, tmp_path, caplog):
    """An averaged player with the average, another with its last parameters; more classes leave the tables behind."""
    config = experiments.gan(
        steps=1,
        generator__init_from=str(gan_run),
        generator__optimizer__learning_rate=0.0,
        discriminator__init_from=f"{gan_run}@4:discriminator",
        discriminator__optimizer__learning_rate=0.0,
    )
    with caplog.at_level("INFO"):
        assert loop.run(config, tmp_path / "run") == 0
    (ours,), (theirs,) = saved.states(tmp_path / "run", 1), saved.states(gan_run, 4)
    players = {"generator": ".ema['generator'].params", "discriminator": ".players['discriminator'].variables.params"}
    for player, place in players.items():
        for key in (key for key in ours if key.startswith(f".players['{player}'].variables.params")):
            np.testing.assert_array_equal(ours[key], theirs[place + key.partition(".params")[2]], err_msg=key)
    assert "generator begins with" in caplog.text and "discriminator begins with" in caplog.text


def test_what_does_not_fit_is_told_and_what_is_not_there_refused(gan_run, tmp_path, caplog):
    wider = dict(steps=1, generator__network__width=12)
    with caplog.at_level("INFO"):
        assert loop.run(experiments.gan(**wider, generator__init_from=str(gan_run)), tmp_path / "wider") == 0
    assert "drawn anew: " in caplog.text
    for spec, message in (
        (f"{gan_run}:critic", "no player 'critic' but generator, discriminator"),
        (f"{gan_run}@3", r"step = 3: the checkpoints"),
        (f"{tmp_path}/nowhere", "holds no run"),
    ):
        with pytest.raises(InputError, match=f"generator.init_from = .*{message}"):
            loop.run(experiments.gan(steps=1, generator__init_from=spec), tmp_path / "run")
