from functools import partial

import experiments
import jax
import numpy as np
import pytest

from gan_jax.config import experiment, schema
from gan_jax.data import dataset, tokenizers
from gan_jax.data.sources import sprites
from gan_jax.errors import InputError
from gan_jax.evaluation import evals
from gan_jax.evaluation.train_tower import train
from gan_jax.features import tower
from gan_jax.metrics.r_precision import r_precision
from gan_jax.sampling.sampler import Sampler
from gan_jax.training import assembly, rehearsal, step


def test_a_picture_finds_its_caption_or_does_not():
    names = [f"caption {i}" for i in range(40)]
    own = np.eye(40)
    assert r_precision(own, own, names, 40).value == 1
    assert r_precision(np.roll(own, 1, 0), own, names, 40).value == 0
    chance = r_precision(*np.random.default_rng(0).normal(size=(2, 2000, 8)), [f"{i}" for i in range(2000)], 10)
    assert abs(chance.value - 0.1) < 3 * 0.0067
    twice = r_precision(np.tile(own, (2, 1)), np.tile(own, (2, 1)), names * 2, 40)  # one's own words are no others
    assert twice.value == 1
    with pytest.raises(InputError, match=r"40 captions are different"):
        r_precision(own, own, names, 41)


@pytest.fixture(scope="module")
def data():
    source = sprites.make(captions=True, count=120, resolution=(32, 32))
    return dataset.make(source, tokenizer=tokenizers.words(length=20))


class Copies(Sampler):
    """Draws the data's own pictures, those of the example `shift` further on."""

    def __init__(self, data, shift):
        self.own, self.shift = data, shift

    def conditions(self, draw=""):
        return {"text": self.own.columns["text"]}

    def stream(self, seeds, condition=None, *, draw="", batch_size=256, **options):
        yield np.stack([self.own.example(int(i + self.shift) % len(self.own))["image"] for i in seeds])


def test_attributes_are_counted_where_they_are_stated(data):
    right, wrong = (evals.attribute_accuracy(Copies(data, shift), data, num_images=60) for shift in (0, 1))
    assert right["accuracy"] == right["data"] > 0.98 and right["all"] > 0.95
    assert wrong["data"] == right["data"] and wrong["accuracy"] < 0.5 and wrong["shape"] < 0.4
    with pytest.raises(InputError, match=r"sprites with captions"):
        evals.attribute_accuracy(Copies(data, 0), dataset.make(sprites.make(count=2)))


def test_a_tower_is_kept_with_what_it_reads(data, tmp_path):
    arrays = data.arrays()
    trained = train(arrays["image"], arrays["text"], data.tokenizers["text"], steps=2, progress=False)
    file = tmp_path / "tower.npz"
    tower.write(file, trained, held_out=0.5)
    again = tower.read(str(file))
    captions = [data.source.text(i) for i in range(4)]
    np.testing.assert_array_equal(trained.texts(captions), again.texts(captions))
    features = again.images(arrays["image"][:4])
    np.testing.assert_array_equal(trained.images(arrays["image"][:4]), features)
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1, rtol=1e-5)
    found = evals.r_precision(Copies(data, 0), data, weights=str(file), num_images=60, candidates=20)
    assert found[""] == found["data"]


class Flat:
    """A tower to which all is alike."""

    def images(self, images):
        return np.ones((len(images), 2))

    texts = images


def test_captions_are_tried_before_a_run_as_many_as_there_will_be(monkeypatch):
    """Of 64, from which 30 can be chosen, and not 100."""
    monkeypatch.setattr(tower, "read", lambda path: Flat())
    config = schema.resolve_config(
        experiments.captioned(evals=dict(found=dict(name="r_precision", every=2, candidates=30)))
    )
    data = experiment.make_data(config)
    facts = experiment.make_facts(data)
    objective, turns = experiment.make_objective(config, facts), assembly.make_turns(config)
    batch = experiment.example_batch(facts, config["batch_size"])
    state = jax.eval_shape(partial(step.init, objective, turns), jax.random.key(0), batch)
    rehearsal.try_evals(config, data, facts, objective, state)
    config["evals"]["found"]["candidates"] = 100
    with pytest.raises(
        InputError, match=r"evals\.found: r_precision: 64 captions are different, and 100 are to choose"
    ):
        rehearsal.try_evals(config, data, facts, objective, state)
