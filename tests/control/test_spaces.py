"""Which codes a model has, and that a code makes the image of the seed that it is of."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gan_jax
from gan_jax.control.spaces import Space, space_of, spaces
from gan_jax.errors import InputError
from gan_jax.nets.layers import Embed, shares
from gan_jax.sampling.codes import with_codes
from gan_jax.sampling.sampler import Sampler
from gan_jax.types import Column, Draw, Objective


def test_a_model_has_a_space_for_everything_that_its_images_are_made_of(gan_run, vae_run, stylegan_run):
    assert spaces(gan_jax.load(vae_run)) == {"z": Space("z", (4,))}
    assert spaces(gan_jax.load(gan_run)) == {"z": Space("z", (8,)), "class": Space("class", (6,))}
    style = spaces(gan_jax.load(stylegan_run))
    assert style == {"w": Space("w", (4, 8)), "z": Space("z", (8,)), "class": Space("class", (6,))}
    assert (style["w"].rows, style["w"].shape_of_part, style["z"].rows) == (4, (8,), 0)


def test_where_there_is_but_a_key_there_are_no_codes():
    """As of pictures into pictures."""
    facts = dict(columns={"image": Column((8, 8, 3), "uint8", "image")})
    objective = Objective(
        None, {}, (), {"image": Draw(lambda variables, latent, condition: latent, jax.random.key_data)}
    )
    with pytest.raises(InputError, match="a model in memory has no codes"):
        space_of(Sampler(with_codes(objective, facts, {}), {}, facts), "z", "--space=z")


def test_a_space_that_there_is_not_is_told_with_those_that_there_are(vae_run):
    with pytest.raises(InputError, match=r"--space=w: vae, step 0 has no space 'w'.*z"):
        space_of(gan_jax.load(vae_run), "w", "--space=w")


@pytest.mark.parametrize("run", ["gan_run", "vae_run", "stylegan_run"])
def test_of_the_code_of_a_seed_comes_the_image_of_the_seed(run, request):
    sampler = gan_jax.load(request.getfixturevalue(run))
    images = sampler(range(7)).astype(int)
    assert len(np.unique(images.reshape(7, -1), axis=0)) == 7
    for space in spaces(sampler).values():
        codes = sampler(range(7), draw=space.name)
        assert codes.shape == (7, *space.shape)
        made = sampler(range(7), {space.name: codes}, draw=space.draw).astype(int)
        assert np.abs(made - images).max() <= 1  # two programs, whose last bits may differ


def test_options_stay_with_what_they_are_for(gan_run):
    gan = gan_jax.load(gan_run)
    assert np.abs(gan(range(9), draw="z", truncation=0.5)).max() <= 0.5
    codes = gan(range(9), draw="z", truncation=0.5)
    cut = gan(range(9), {"z": codes}, draw="from_z", truncation=0.5).astype(int)
    assert np.abs(cut - gan(range(9), truncation=0.5)).max() <= 1  # of the same statistics of batch normalisation


def test_shares_of_classes_are_means_of_what_stands_for_each(gan_run):
    """A class between two is that whose scales and biases are the means of theirs."""
    gan = gan_jax.load(gan_run)
    seeds = np.arange(4)
    half = gan(seeds, {"class": np.array([0, 0, 0, 0.5, 0, 0.5], np.float32)}, draw="from_class").astype(int)
    params, state = gan.variables["generator"]
    is_table = lambda leaf: leaf.ndim == 2 and leaf.shape[0] == 6  # noqa: E731
    between = jax.tree.map(lambda x: x.at[0].set((x[3] + x[5]) / 2) if is_table(x) else x, params)
    gan.variables = {"generator": type(gan.variables["generator"])(between, state)}
    assert np.abs(half - gan(seeds, {"label": 0})).max() <= 1
    assert np.abs(half - gan(seeds, {"label": 3}).astype(int)).max() > 5


def test_an_embedding_of_shares_is_linear_and_a_label_is_a_share_of_one():
    layer, label = Embed(5, num_classes=3), jnp.array([2, 0])
    variables = layer.init(jax.random.key(0), label, train=False)
    table = variables["params"]["kernel"]
    np.testing.assert_array_equal(layer.apply(variables, label, train=False), table[label])
    np.testing.assert_allclose(layer.apply(variables, shares(label, 3), train=False), table[label], rtol=1e-6)
    mixture = jnp.array([[0.2, 0.3, 0.5]])
    np.testing.assert_allclose(layer.apply(variables, mixture, train=False), mixture @ table, rtol=1e-6)


def test_networks_that_take_labels_alone_have_no_space_of_classes(gan_run):
    gan = gan_jax.load(gan_run)
    image = gan.objective.draws["image"]

    def by_number(variables, latent, condition):
        return image.sample(variables, latent, {"label": jnp.arange(6)[condition["label"]]})

    plain = Objective(None, {}, ("generator",), {"image": image._replace(sample=by_number)})
    assert list(with_codes(plain, gan.facts, gan.variables).draws) == ["image", "z", "from_z"]


def test_draws_of_an_objective_go_before_those_that_are_added(gan_run):
    gan = gan_jax.load(gan_run)
    own = Draw(lambda variables, latent, condition: latent, output="z")
    draws = with_codes(gan.objective._replace(draws={**gan.objective.draws, "z": own}), gan.facts, gan.variables).draws
    assert draws["z"] is own and next(iter(draws)) == "image"


def test_a_latent_of_two_arrays_of_numbers_is_no_z(gan_run):
    gan = gan_jax.load(gan_run)
    two = Draw(gan.objective.draws["image"].sample, lambda keys: {"a": jnp.zeros((len(keys), 8)), "b": jnp.zeros(2)})
    objective = Objective(None, {}, ("generator",), {"image": two})
    assert list(with_codes(objective, gan.facts, gan.variables).draws) == ["image"]
