"""A model whose codes are the factors of its data, three colours: what is measured of it is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gan_jax
from gan_jax.control import known
from gan_jax.control.directions import Directions
from gan_jax.control.spaces import Space
from gan_jax.data import dataset
from gan_jax.errors import InputError
from gan_jax.evaluation import evals, reading, steering
from gan_jax.evaluation.examples import some_of
from gan_jax.images import from_uint8
from gan_jax.metrics import disentanglement
from gan_jax.sampling.codes import with_codes
from gan_jax.sampling.sampler import Sampler
from gan_jax.types import Column, Draw, Objective

SHAPE = (4, 4, 3)
Z = Space("z", (3,))


class Colours:
    """Pictures of one colour, whose red, green and blue are a third of the factors."""

    factor_names = ("red", "green", "blue")

    def __init__(self, count: int):
        self.factors = np.random.default_rng(0).uniform(-2, 2, (count, 3)).astype(np.float32)

    def __len__(self):
        return len(self.factors)

    def __getitem__(self, i):
        pixel = np.rint((self.factors[i] / 3 + 1) * 127.5).astype(np.uint8)
        return {"image": np.broadcast_to(pixel, SHAPE), "factors": self.factors[i]}


class Readable(Colours):
    """The same, which also reads them."""

    def read_factors(self, images):
        return 3 * (images.mean(axis=(1, 2)) / 127.5 - 1) * [1, 1, np.nan]  # but for the blue


@pytest.fixture(scope="module")
def trained() -> Sampler:
    """As a run has it in its loop."""

    def sample(variables, latent, condition):
        return jnp.broadcast_to(latent[:, None, None] / 3, (len(latent), *SHAPE))

    def to_z(variables, latent, condition):
        return 3 * from_uint8(condition["image"]).mean(axis=(1, 2))

    draws = {
        "image": Draw(sample, jax.vmap(lambda key: jax.random.normal(key, (3,)))),
        "to_z": Draw(to_z, condition=lambda batch, keys: {"image": batch["image"]}, output="z"),
    }
    columns = {"image": Column(SHAPE, "uint8", "image"), "factors": Column((3,), "float32", "array")}
    facts = dict(image_shape=SHAPE, num_classes=0, columns=columns)
    objective = Objective(init=lambda key, batch: ({}, {}), losses={}, averaged=(), draws=draws)
    return Sampler(objective, {}, facts)


@pytest.fixture(scope="module")
def model(trained) -> Sampler:
    """As it is loaded, with the draws of its codes."""
    return Sampler(with_codes(trained.objective, trained.facts, {}), {}, trained.facts)


def test_codes_that_are_the_factors_are_disentangled(trained, monkeypatch):
    monkeypatch.setattr(disentanglement, "VOTES", 300)
    monkeypatch.setattr(disentanglement, "JUDGED", 200)
    found = evals.disentanglement(trained, dataset.make(Colours(700)), num_images=600)
    names = ["mig", "sap", "factor_vae_score", *(f"dci_{name}" for name in disentanglement.Dci._fields)]
    assert list(found) == names and min(found.values()) > 0.8, found  # MIG of few examples is biased


def test_examples_are_read_once_for_their_codes_and_what_is_known(model):
    class Counted(Colours):
        read = 0

        def __getitem__(self, i):
            self.read += 1
            return super().__getitem__(i)

    source = Counted(40)
    data, chosen = dataset.make(source), np.arange(5, 35)
    source.read = 0
    codes, factors = known.encoded(model, "to_z", data, chosen, "here")
    assert source.read == len(chosen) + 2  # two before the work begins
    np.testing.assert_allclose(codes, source.factors[chosen], atol=0.02)
    np.testing.assert_allclose(np.stack([one.values for one in factors], axis=1), source.factors[chosen])


def test_models_and_data_of_which_nothing_is_known_are_refused(model, gan_run):
    data = dataset.make(Colours(60))
    with pytest.raises(InputError, match=r"disentanglement: gan, step 4 does not encode to z, as VAEs do \(to_z\)"):
        evals.disentanglement(gan_jax.load(gan_run), data)
    data.source.factor_names = ("red",)
    with pytest.raises(InputError, match="the source has 3 factors, 1 factor_names"):
        evals.disentanglement(model, data)
    with pytest.raises(InputError, match="here: 60 examples"):
        reading.make(some_of(data), "here")


@pytest.mark.parametrize(
    ("source", "how", "names", "within"),
    [(Readable, "measured", ("red", "green"), 0.01), (Colours, "regressor", ("red", "green", "blue"), 0.15)],
)
def test_a_step_along_a_factor_changes_it_alone(model, source, how, names, within):
    """By one for a strength of one, in standard deviations of the data."""
    colours = source(600)
    reader = reading.make(some_of(dataset.make(colours)), "here")
    assert how in reader.how and reader.names == names and (reader.agreement > 0.95).all()
    steps = np.float32([[1, 0, 0], [0, 2, 0], [0.5, 1, 0]])
    strengths = np.array([-0.5, 0.0, 0.5])
    found = steering.measure(model, Z, Directions("z", steps, np.ones(3), ()), reader, strengths, 40)
    deviations = colours.factors.std(axis=0)
    np.testing.assert_allclose(found.slopes[:, :2], (steps / deviations)[:, :2], atol=within)
    assert found.aims == (0, 1, 1)  # those that change most, of directions without a name
    assert (found.linearity[[0, 1, 2], found.aims] > 1 - 2 * within).all()
    assert (found.leakage[:2] < within).all()
    assert found.leakage[2, 0] == pytest.approx(0.5 * deviations[1] / deviations[0], abs=within)
    named = Directions("z", steps, np.ones(3), (), ("green", "hue", "red"))
    found = steering.measure(model, Z, named, reader, strengths, 3)
    assert found.aims == (1, -1, 0) and np.isnan(found.leakage[1]).all()
