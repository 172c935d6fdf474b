"""Directions against their closed forms: singular vectors, components, least squares; and files of them."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from in_memory import Linear, sampler_of

import gan_jax
from gan_jax.control import directions, finding
from gan_jax.control.directions import Directions
from gan_jax.control.first_layers import first_layers
from gan_jax.control.spaces import Space, spaces
from gan_jax.errors import InputError
from gan_jax.nets import resnet
from gan_jax.nets.layers import Dense
from gan_jax.nets.remat import apply_block
from gan_jax.types import Variables

Z = Space("z", (6,))


def alike(found, expected):
    """Up to the sign."""
    expected = expected * np.sign((found * expected).sum(axis=-1, keepdims=True))
    np.testing.assert_allclose(found, expected, atol=2e-4)


@pytest.fixture(scope="module")
def linear():
    return sampler_of(Linear((8, 8, 3)))


def kernel_of(sampler, *path):
    tree = sampler.variables["generator"].params
    for name in path:
        tree = tree[name]
    return np.asarray(tree["kernel"])


def test_sefa_of_a_linear_generator_finds_its_singular_directions(linear):
    _, values, vectors = np.linalg.svd(kernel_of(linear, "matrix").T)
    found = finding.find(linear, Z, count=4)
    alike(found.steps, vectors[:4])
    np.testing.assert_allclose(found.scales, values[:4], rtol=1e-4)
    assert (np.take_along_axis(found.steps, np.abs(found.steps).argmax(1)[:, None], 1) > 0).all()  # a sign of its own


def test_a_step_along_the_first_direction_changes_the_image_of_a_linear_generator_most(linear):
    found = finding.find(linear, Z, count=6)
    steps = np.concatenate([np.zeros((1, 6)), found.steps]).astype(np.float32)
    sample = linear.objective.draws["from_z"].sample
    images = np.asarray(sample(linear.variables, jnp.zeros((7, 6)), {"z": jnp.asarray(steps)})).reshape(7, -1)
    np.testing.assert_allclose(np.linalg.norm(images[1:] - images[0], axis=1), found.scales / 4, rtol=1e-4)


class Deep(nn.Module):
    """Two layers that read the latent, one of them half of it in a block, and others that read what these give."""

    remat: bool = False

    @nn.compact
    def __call__(self, latent, *, train):
        x = Dense(5, name="whole")(latent, train=train)
        y = apply_block(Dense(7, name="half"), latent[:, :3], train=train, remat=self.remat)
        x = Dense(8, name="later")(jnp.concatenate([x, y], axis=1), train=train)
        unit = latent / jnp.linalg.norm(latent, axis=1, keepdims=True)
        x = x + Dense(8, name="bent")(unit, train=train) + Dense(8, name="again")(nn.relu(x), train=train)
        return jnp.tanh(Dense(8 * 8 * 3, name="image")(x, train=train)).reshape(-1, 8, 8, 3)


@pytest.mark.parametrize("remat", [False, True])
def test_first_layers_are_those_that_read_a_code_before_any_other_does(remat):
    sampler = sampler_of(Deep(remat))
    found = {layer.name: layer for layer in first_layers(sampler, Z)}
    assert list(found) == ["whole", "half"]
    np.testing.assert_allclose(found["whole"].matrix, kernel_of(sampler, "whole").T, atol=1e-5)
    np.testing.assert_allclose(found["half"].matrix[:, :3], kernel_of(sampler, "half").T, atol=1e-5)
    assert (found["half"].matrix[:, 3:] == 0).all()


def test_a_linear_shortcut_behind_the_first_layer_is_not_first():
    sampler = sampler_of(resnet.Generator((8, 8, 3), width=4, max_width=4))
    [layer] = first_layers(sampler, Z)
    assert layer.matrix.shape[1] == 6
    np.testing.assert_allclose(layer.matrix, kernel_of(sampler, layer.name).T, atol=1e-5)


def test_styles_of_all_layers_are_read_from_w_row_by_row(stylegan_run):
    sampler = gan_jax.load(stylegan_run)
    found = first_layers(sampler, spaces(sampler)["w"])
    assert [(layer.name, layer.rows) for layer in found] == [
        ("synthesis/conv_0/conv/style", (0,)),
        ("synthesis/image_0/style", (1,)),
        ("synthesis/up_1/conv/style", (1,)),
        ("synthesis/conv_1/conv/style", (2,)),
        ("synthesis/image_1/style", (3,)),
    ]
    for layer in found:
        kernel = kernel_of(sampler, *layer.name.split("/"))
        np.testing.assert_allclose(layer.matrix, kernel.T / np.sqrt(8), atol=1e-5)  # of equalised layers
    some = finding.find(sampler, spaces(sampler)["w"], count=3, layers=[0, 2])
    matrix = np.concatenate([found[0].matrix, found[3].matrix])
    alike(some.steps, np.linalg.svd(matrix)[2][:3])
    assert some.layers == (0, 2)


class Unit(nn.Module):
    """A linear generator of normalised latents."""

    @nn.compact
    def __call__(self, latent, *, train):
        return Linear((8, 8, 3))(latent / jnp.linalg.norm(latent, axis=1, keepdims=True), train=train)


def test_a_normalised_code_is_read_by_no_layer():
    with pytest.raises(InputError, match=r"no layer reads z directly.*pca"):
        first_layers(sampler_of(Unit()), Z)


def test_rows_that_there_are_not_are_refused(stylegan_run, linear):
    sampler = gan_jax.load(stylegan_run)
    with pytest.raises(InputError, match="no layer 4"):
        finding.find(sampler, spaces(sampler)["w"], layers=[4])
    with pytest.raises(InputError, match="one for all layers"):
        finding.find(linear, Z, layers=[0])
    with pytest.raises(InputError, match="num = 1"):
        finding.find(linear, Z, method="pca", num=1)


def test_components_of_w_are_those_of_its_covariance(stylegan_run):
    sampler = gan_jax.load(stylegan_run)
    found = finding.find(sampler, spaces(sampler)["w"], method="pca", count=3, num=300)
    codes = sampler(range(300), draw="w")
    assert (codes == codes[:, :1]).all()
    values, vectors = np.linalg.eigh(np.cov(codes[:, 0].T, bias=True))
    np.testing.assert_allclose(found.scales**2, values[::-1][:3], rtol=1e-3)
    alike(found.steps, vectors.T[::-1][:3] * found.scales[:, None])


def test_directions_of_a_normal_latent_are_the_least_squares_on_components_of_what_is_seen():
    random = np.random.default_rng(0)
    codes, matrix = random.normal(size=(500, 6)), random.normal(size=(40, 6)) * np.geomspace(4, 0.5, 6)
    seen = codes @ matrix.T + 3
    found = directions.regressed(codes, seen, Z, 4)
    left, values, _ = np.linalg.svd((seen - seen.mean(0)).T, full_matrices=False)
    coordinates = (seen - seen.mean(0)) @ left[:, :4] / (values[:4] / np.sqrt(500))
    alike(found.steps, np.linalg.lstsq(coordinates, codes - codes.mean(0), rcond=None)[0])
    np.testing.assert_allclose(found.scales, values[:4] / np.sqrt(500), rtol=1e-6)


def test_of_a_linear_generator_both_methods_find_the_same():
    """Up to clipping and the number of seeds; the space is longer in some directions than in others."""
    linear = sampler_of(Linear((8, 8, 3)))
    params, state = linear.variables["generator"]
    stretched = jax.tree.map(lambda x: x * jnp.geomspace(0.6, 0.1, 6)[:, None] if x.ndim == 2 else x, params)
    linear.variables = {"generator": Variables(stretched, state)}
    sefa = finding.find(linear, Z, count=2).steps
    pca = finding.find(linear, Z, method="pca", count=2, num=2000).steps
    assert (np.abs((sefa * pca).sum(axis=1)) > 0.95).all()  # both are of unit length


def test_small_images_are_means_of_windows():
    images = np.arange(2 * 33 * 16, dtype=np.uint8).reshape(2, 33, 16, 1)
    found = finding.small(images)
    assert found.shape == (2, 11 * 16)
    np.testing.assert_allclose(found[1, 0], images[1, :3, 0, 0].mean(), rtol=1e-6)


def test_a_file_holds_all_that_there_is_to_say(tmp_path):
    given = Directions("w", np.eye(3, 5, dtype=np.float32), np.arange(3, dtype=np.float32), (0, 2))
    directions.save(given, tmp_path / "found.npz")
    found = directions.read(tmp_path / "found.npz", "--directions")
    np.testing.assert_array_equal(found.steps, given.steps)
    np.testing.assert_array_equal(found.scales, given.scales)
    assert (found.space, found.layers) == ("w", (0, 2))
    directions.check_fits(found, Space("w", (4, 5)), "x")
    for other in (Space("z", (5,)), Space("w", (4, 6))):
        with pytest.raises(InputError, match=r"x: holds directions \[5\] in w"):
            directions.check_fits(found, other, "x")
    with pytest.raises(InputError, match="--direction=3: there are the directions 0 to 2"):
        found.step("3", "--direction")
    directions.save(given._replace(names=("a", "b", "2")), tmp_path / "named.npz")
    named = directions.read(tmp_path / "named.npz", "--directions")
    np.testing.assert_array_equal(named.step("b", "x"), given.steps[1])
    np.testing.assert_array_equal(named.step("0", "x"), given.steps[0])


FILE = dict(
    steps=np.zeros((2, 3)),
    scales=np.zeros(2),
    layers=np.zeros(0, int),
    space="w",
    names=np.zeros(0, np.str_),
)


def test_other_files_are_refused_by_name(tmp_path):
    for number, arrays in enumerate(
        (
            dict(steps=np.zeros((2, 3))),
            FILE | dict(scales=np.zeros(3)),
            FILE | dict(steps=np.full((2, 3), np.nan)),
            FILE | dict(layers=np.zeros(0)),
            FILE | dict(names=np.array(["a"])),
        )
    ):
        file = tmp_path / f"{number}.npz"
        np.savez(file, **arrays)
        with pytest.raises(InputError, match=f"--directions={file}: .*command `directions`"):
            directions.read(file, "--directions")
    with pytest.raises(InputError, match=r"none\.npz"):
        directions.read(tmp_path / "none.npz", "--directions")


def test_what_is_seen_of_layers_ends_with_the_block():
    sampler = sampler_of(Linear((8, 8, 3)))
    first_layers(sampler, Z)
    before = sampler(range(3))
    np.testing.assert_array_equal(sampler_of(Linear((8, 8, 3)))(range(3)), before)
