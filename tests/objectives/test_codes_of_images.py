"""The code of an image: with the noise of its seed it makes the reconstruction, whatever the prior."""

from functools import partial

import experiments
import jax
import numpy as np
import pytest

import gan_jax
from gan_jax.config import experiment, schema
from gan_jax.sampling.codes import with_codes
from gan_jax.sampling.sampler import Sampler
from gan_jax.training import assembly
from gan_jax.training import step as steps


@pytest.fixture(scope="module")
def with_mixture() -> Sampler:
    """A model whose prior is three Gaussians of different widths, at its first step."""
    config = schema.resolve_config(experiments.factor_vae())
    data = experiment.make_data(config)
    facts = experiment.make_facts(data)
    objective = experiment.make_objective(config, facts)
    init = partial(steps.init, objective, assembly.make_turns(config))
    state = jax.jit(init)(jax.random.key(3), experiment.example_batch(facts, 4))
    variables = dict(state.ema)
    own = variables["autoencoder"]
    wider = jax.tree_util.tree_map_with_path(
        lambda path, x: x + np.log(np.arange(1, 4))[:, None] if "log_variances" in str(path) else x, own.params
    )
    variables["autoencoder"] = own._replace(params=wider)
    return Sampler(with_codes(objective, facts, variables), variables, facts, lambda: data)


@pytest.mark.parametrize("prior", ["normal", "mixture"])
def test_the_code_of_an_image_makes_its_reconstruction(prior, request):
    sampler = request.getfixturevalue("with_mixture") if prior == "mixture" else None
    sampler = sampler or gan_jax.load(request.getfixturevalue("vae_run"))
    seeds = np.arange(12)
    images = sampler.examples(seeds)["image"]
    codes = sampler(seeds, {"image": images}, draw="to_z")
    made = sampler(seeds, {"z": codes}, draw="from_z").astype(int)
    rebuilt = sampler(seeds, {"image": images}, draw="reconstruction")
    assert np.abs(made - rebuilt).max() <= 1 and len(np.unique(rebuilt.reshape(12, -1), axis=0)) == 12
    if prior == "mixture":
        again = sampler(seeds * 0, {"image": images}, draw="to_z")
        assert len({tuple(row) for row in np.round(codes / again, 3)}) > 1  # there are several Gaussians
