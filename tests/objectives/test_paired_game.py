"""Translation: the losses of pairs, whose turn it is, noise by seed, and pictures of the user's own."""

from functools import partial
from pathlib import Path

import experiments
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

import gan_jax
from gan_jax.average import Ema
from gan_jax.commands import sample
from gan_jax.config import experiment, schema
from gan_jax.data.pixels import to_channels
from gan_jax.errors import InputError
from gan_jax.images import from_uint8
from gan_jax.nets import patchgan, unet
from gan_jax.sampling.grids import GAP, enlarge
from gan_jax.training import assembly, parallel
from gan_jax.training import step as steps
from gan_jax.types import Frozen

BATCH = 8


def eyes(*, kept=None):
    """A frozen network: the squared distance of two images, times its one weight."""
    return Frozen(
        lambda variables, a, b: variables["weight"] * ((a - b) ** 2).mean((1, 2, 3)),
        {"weight": np.float32(2.5)},
        {"name": "eyes"},
    )


def larger(player):
    """The player with ten times its parameters."""
    params = jax.tree.map(lambda x: 10 * x, player.variables.params)
    return player.replace(variables=player.variables._replace(params=params))


@pytest.fixture(scope="module")
def game():
    """Everything of a step without dropout or normalisation, at its beginning."""
    config = schema.resolve_config(
        experiments.translation(
            batch_size=BATCH,
            frozen=dict(eyes=dict(name="test_paired_game:eyes")),
            generator__network__dropout=0.0,
            generator__losses__l1=dict(name="l1", weight=100.0),
            generator__losses__seen=dict(name="perceptual", network="eyes"),
            discriminator__network__normalization="none",
            discriminator__losses__adversarial=dict(name="nonsaturating", weight=0.5),
        )
    )
    data = experiment.make_data(config)
    facts, frozen = experiment.make_facts(data), experiment.make_frozen(config, {})
    objective, turns = experiment.make_objective(config, facts, frozen=frozen), assembly.make_turns(config)
    examples = [data.example(i) for i in range(BATCH)]
    batch = {name: jnp.stack([example[name] for example in examples]) for name in facts["columns"]}
    batch |= {"position": jnp.arange(BATCH, dtype=jnp.int32)}
    start = parallel.make_devices().once(partial(steps.init, objective, turns), jax.random.key(0), batch)
    # As drawn, kernels are so small that every logit is nearly 0 and the losses nearly 2 log 2, whatever is looked at.
    players = {name: larger(player) for name, player in start.players.items()}
    start = start.replace(
        players=players, frozen={name: jax.tree.map(jnp.asarray, net.variables) for name, net in frozen.items()}
    )
    return objective, turns, batch, start


def stepped(game, *players):
    """The state and the metrics after one step in which these players move."""
    objective, turns, batch, start = game
    alone = objective._replace(losses={name: objective.losses[name] for name in players})
    return jax.jit(steps.make(alone, turns, Ema(), BATCH))(start, batch)


@pytest.fixture(scope="module")
def moved(game):
    """After one step of each player alone."""
    return {name: stepped(game, name) for name in ("discriminator", "generator")}


@pytest.mark.parametrize("name", ["discriminator", "generator"])
def test_one_player_moves_and_all_else_stands(game, moved, name):
    *_, start = game
    after, _ = moved[name]
    other = {"discriminator": "generator", "generator": "discriminator"}[name]
    jax.tree.map(np.testing.assert_array_equal, after.players[other], start.players[other])
    jax.tree.map(np.testing.assert_array_equal, after.frozen, start.frozen)
    assert after.frozen["eyes"]["weight"] == 2.5
    for mine, was in zip(*(jax.tree.leaves(state.players[name].variables) for state in (after, start)), strict=True):
        assert (mine != was).any()


def test_the_losses_are_those_of_the_pairs(game, moved):
    """By the formulas, on logits that the networks give for image and source outside of the objective."""
    _, _, batch, start = game
    real, source = from_uint8(batch["image"]), from_uint8(batch["source"])
    generator = unet.Generator((8, 8, 3), width=4, max_width=8, levels=2, dropout=0.0)
    critic = patchgan.Discriminator(layers=1, width=4, normalization="none")
    weights = {name: {"params": player.variables.params} for name, player in start.players.items()}
    fake = generator.apply(weights["generator"], source, train=True)
    of_real, of_fake = (np.float64(critic.apply(weights["discriminator"], x, source, train=True)) for x in (real, fake))
    assert min(of_real.std(), of_fake.std(), np.abs(of_real - of_fake).mean()) > 0.1
    softplus = partial(np.logaddexp, 0)
    told = {key: float(mean.value) for _, metrics in moved.values() for key, mean in metrics.items()}
    assert told["discriminator/adversarial"] == pytest.approx((softplus(-of_real) + softplus(of_fake)).mean(), rel=1e-4)
    assert told["generator/adversarial"] == pytest.approx(softplus(-of_fake).mean(), rel=1e-4)
    difference = np.float64(fake - real)
    assert told["generator/l1"] == pytest.approx(np.abs(difference).mean(), rel=1e-4)
    assert told["generator/seen"] == pytest.approx(2.5 * (difference**2).mean(), rel=1e-4)
    assert told["discriminator/loss"] == pytest.approx(0.5 * told["discriminator/adversarial"], rel=1e-4)
    parts = told["generator/adversarial"] + 100 * told["generator/l1"] + told["generator/seen"]
    assert told["generator/loss"] == pytest.approx(parts, rel=1e-4)


@pytest.mark.parametrize("source", ["sketch", "label", "image"])
def test_a_source_that_is_no_column_of_pictures_is_refused(source):
    config = schema.resolve_config(experiments.translation(objective__source=source))
    facts = experiment.make_facts(experiment.make_data(config))
    with pytest.raises(InputError, match=rf"objective\.source = '{source}' is no column of pictures.*source"):
        experiment.make_objective(config, facts)


@pytest.fixture(scope="module")
def trained(translation_run):
    return gan_jax.load(translation_run)


@pytest.fixture(scope="module")
def doodles(tmp_path_factory) -> Path:
    """Three grey pictures, one in a folder of its own."""
    folder = tmp_path_factory.mktemp("doodles")
    (folder / "more").mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (3, 16, 16), np.uint8)
    for name, picture in zip(("cat", "dog.v2", "more/hen"), pixels, strict=True):
        Image.fromarray(picture).save(folder / f"{name}.png")
    return folder


def sources(folder: Path) -> np.ndarray:
    return np.stack([np.asarray(Image.open(file)) for file in sorted(folder.rglob("*.png"))])[..., None]


def test_noise_comes_by_seed_and_can_be_left_out(trained):
    picture = np.random.default_rng(1).integers(0, 256, (16, 16, 1), np.uint8)
    noisy = trained([4, 9, 4], {"source": picture})
    assert (noisy[0] == noisy[2]).all() and (noisy[0] != noisy[1]).any()
    still = trained([4, 9, 4], {"source": picture}, noise=False)
    assert (still == still[0]).all() and (still[0] != noisy[0]).any()


def test_without_a_source_a_seed_has_that_of_its_example(trained):
    """Example seed mod 96, in grey by the same luma as any grey picture."""
    pictures = [to_channels(trained.data.example(i)["image"], 1) for i in (5, 5)]
    np.testing.assert_array_equal(trained([5, 101]), trained([5, 101], {"source": np.stack(pictures)}))


def test_outputs_are_named_after_the_pictures_that_they_are_made_of(trained, translation_run, doodles, tmp_path):
    command = [f"--workdir={translation_run}", "--condition", f"source={doodles}", "--option", "noise=false"]
    expected = trained(range(3), {"source": sources(doodles)}, noise=False)
    assert sample.main([*command, f"--out={tmp_path / 'out'}"]) == 0
    files = sorted(file for file in (tmp_path / "out").rglob("*") if file.is_file())
    assert [str(file.relative_to(tmp_path / "out")) for file in files] == ["cat.png", "dog.v2.png", "more/hen.png"]
    for number, (file, image) in enumerate(zip(files, expected, strict=True)):
        np.testing.assert_array_equal(np.asarray(Image.open(file)), image)
        text = Image.open(file).text
        assert (text["run"], text["step"], text["seed"]) == (translation_run.name, "2", str(number))
        assert (text["source"], text["noise"]) == (str(file.relative_to(tmp_path / "out")), "False")


def test_several_seeds_of_one_picture_have_names_of_their_own(translation_run, doodles, tmp_path):
    given = f"source={doodles / 'cat.png'}"
    command = [f"--workdir={translation_run}", "--condition", given, "--seeds=3,7", f"--out={tmp_path / 'out'}"]
    assert sample.main(command) == 0
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "cat_seed00000003.png",
        "cat_seed00000007.png",
    ]


def test_a_grid_shows_the_source_beside_what_was_made_of_it(trained, translation_run, doodles, tmp_path):
    given = f"source={doodles / 'cat.png'}"
    out = tmp_path / "grid.png"
    assert sample.main([f"--workdir={translation_run}", "--condition", given, f"--out={out}"]) == 0
    source = sources(doodles)[:1]
    (answer,) = trained([0], {"source": source})
    left, right = enlarge(np.stack([np.repeat(source[0], 3, axis=2), answer]))
    pair = np.concatenate([left, np.full((64, GAP, 3), 255, np.uint8), right], axis=1)
    np.testing.assert_array_equal(np.asarray(Image.open(out)), pair)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--condition", "sorce=."], r"--condition sorce=\.: the draw 'image' is asked with source, not with 'sorce'"),
        (["--condition", "source=nowhere"], "--condition source=nowhere: "),
        (["--num=2", "--option", "noise=loud"], "--option noise=loud should be of type bool"),
    ],
)
def test_what_cannot_be_asked_for_is_named(translation_run, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        sample.main([f"--workdir={translation_run}", *arguments, "--out=out"])
    assert not list(tmp_path.iterdir())
