"""What a run shows."""

import numpy as np

from gan_jax.config.experiment import make_facts
from gan_jax.data import dataset
from gan_jax.images import from_uint8
from gan_jax.sampling.grids import GAP
from gan_jax.sampling.sampler import Sampler
from gan_jax.training import pictures
from gan_jax.types import Draw, Objective


class Twins:
    def __len__(self):
        return 6

    def __getitem__(self, i):
        pixels = np.random.default_rng(i).integers(0, 256, (9, 30, 3), dtype=np.uint8)
        return {"image": pixels, "twin": pixels}


def test_source_answer_and_truth_are_of_one_example_and_one_crop():
    data = dataset.make(Twins(), resolution=(8, 8), crop="random")
    same = Draw(
        lambda variables, latent, condition: from_uint8(condition["twin"]),
        condition=lambda batch, keys: {"twin": batch["twin"]},
    )
    objective = Objective(lambda key, batch: ({}, {}), {}, ("none",), {"image": same})
    [(name, picture)] = pictures.drawn(Sampler(objective, {}, make_facts(data), lambda: data), 12)
    assert name == "samples" and picture.images.shape == (6, 64, 3 * 64 + 2 * GAP, 3)  # enlarged by 8
    source, answer, truth = (picture.images[:, :, at : at + 64] for at in (0, 64 + GAP, 128 + 2 * GAP))
    np.testing.assert_array_equal(source, answer)
    np.testing.assert_array_equal(source, truth)
    assert len(np.unique(source.reshape(6, -1), axis=0)) == 6
