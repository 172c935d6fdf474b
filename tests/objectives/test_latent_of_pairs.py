"""Several answers to one source: the latent of a paired game, and how far apart answers are."""

import experiments
import numpy as np
import pytest
from conftest import begun

import gan_jax
from gan_jax.evaluation import evals
from gan_jax.metrics.reconstruction import l1


@pytest.fixture(scope="module")
def sampler(tmp_path_factory):
    """A game with a latent of three numbers, which the generator has not learned to leave aside."""
    config = experiments.translation(
        objective__latent_size=3,
        generator__network=dict(name="translation.Generator", width=4, blocks=1, initializer="xavier"),
        generator__losses__diversity=dict(name="diversity"),
    )
    return gan_jax.load(begun(config, tmp_path_factory.mktemp("runs") / "latent"))


def test_a_seed_is_an_answer_of_its_own_and_one_without_noise_is_there_for_all(sampler):
    source = sampler.condition([5])["source"][0]
    answers = sampler([1, 2, 1], {"source": source})
    assert (answers[0] == answers[2]).all() and (answers[0] != answers[1]).any()
    still = sampler([1, 2], {"source": source}, noise=False)
    np.testing.assert_array_equal(still[0], still[1])
    assert sampler.latent([1, 2]).shape == (2, 3) and sampler.latent([1]).dtype == np.float32


def test_there_is_a_walk_from_answer_to_answer(sampler):
    source = sampler.condition([5])["source"][0]
    frames = np.concatenate(list(sampler.interpolate([1, 2], {"source": source}, frames=2)))
    np.testing.assert_array_equal(frames[[0, 2]], sampler([1, 2], {"source": source}))


def test_variety_is_the_mean_distance_of_pairs_of_answers(sampler):
    data = sampler.data
    found = evals.variety(sampler, data, num_images=3, answers=3)
    chosen = [n for n in range(len(data)) if n in set(evals._examples(data, None, 3).chosen)]
    sources = np.stack([data.example(n)["source"] for n in chosen])
    answers = sampler(range(9), {"source": np.repeat(sources, 3, axis=0)}).reshape(3, 3, 8, 8, 3)
    pairs = [(0, 1), (0, 2), (1, 2)]
    expected = np.mean([l1(answers[:, a], answers[:, b]) for a, b in pairs])
    assert found == pytest.approx({"l1_apart": expected}) and expected > 0
