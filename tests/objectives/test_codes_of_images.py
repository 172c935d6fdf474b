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
    """A model of classes, whose prior is three Gaussians of different widths, at its first step."""
    config = schema.resolve_config(experiments.factor_vae(objective__conditional=True))
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


def test_each_class_is_drawn_from_gaussians_of_its_own(with_mixture):
    """The second class has the first of three Gaussians alone, the first class the two others; all are narrow."""
    weights = np.zeros((6, 3), np.float32)
    weights[0, 0] = weights[1, 1:] = -30
    means = np.float32([[-9], [0], [9]])
    given = {"logits": weights, "means": means, "log_variances": np.float32(-30)}

    def changed(path, x):
        name = next((name for name in given if f"'{name}'" in str(path)), None)
        return x if name is None or "prior" not in str(path) else np.broadcast_to(given[name], x.shape)

    own = with_mixture.variables["autoencoder"]
    variables = {
        **with_mixture.variables,
        "autoencoder": own._replace(params=jax.tree_util.tree_map_with_path(changed, own.params)),
    }
    sampler = Sampler(with_mixture.objective, variables, with_mixture.facts)
    drawn = [sampler(np.arange(16), {"label": np.full(16, label)}) for label in (0, 1)]
    assert [len(np.unique(images.reshape(16, -1), axis=0)) for images in drawn] == [2, 1]
