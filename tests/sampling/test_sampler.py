"""An image is a function of the checkpoint and of its seed (and class), whatever else is drawn, and however."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image
from scipy.stats import truncnorm

import gan_jax
from gan_jax.data import dataset
from gan_jax.data.sources import sprites
from gan_jax.errors import DivergedError, InputError
from gan_jax.images import to_uint8
from gan_jax.sampling.grids import enlarge, grid
from gan_jax.sampling.interpolation import walk
from gan_jax.sampling.sampler import Sampler
from gan_jax.types import Column, Draw, Objective


@pytest.fixture(scope="module")
def gan(gan_run) -> Sampler:
    return gan_jax.load(gan_run)


@pytest.fixture(scope="module")
def vae(vae_run) -> Sampler:
    return gan_jax.load(vae_run)


@pytest.fixture(scope="module")
def images(gan) -> np.ndarray:
    """Of the seeds 0 to 69, balanced: three calls of the compiled program on one device."""
    return gan(range(70))


def test_images_are_uint8_and_differ_by_seed_and_class(gan, images):
    assert images.shape == (70, 8, 8, 3) and images.dtype == np.uint8
    assert len(np.unique(images.reshape(70, -1), axis=0)) == 70
    assert images.std(axis=0).mean() > 5
    assert (gan([5], {"label": 1}) != gan([5], {"label": 2})).any()


def test_an_image_is_what_the_network_makes_of_a_latent_drawn_by_its_seed(gan, images):
    latent = jnp.stack([jax.random.normal(jax.random.fold_in(jax.random.key(0), seed), (8,)) for seed in range(7)])
    np.testing.assert_allclose(gan.latent(range(7)), latent, rtol=1e-6)
    floats = gan.objective.draws["image"].sample(gan.variables, latent, {"label": jnp.arange(7) % 6})
    assert np.abs(images[:7].astype(int) - to_uint8(floats)).max() <= 1
    np.testing.assert_allclose(images[:7], (np.asarray(floats) + 1) * 127.5, atol=0.51)


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_batch_size_does_not_matter(gan, images, batch_size):
    parts = list(gan.stream(range(70), batch_size=batch_size))
    assert [len(part) for part in parts] == [batch_size] * (70 // batch_size) + [70 % batch_size] * (
        70 % batch_size > 0
    )
    np.testing.assert_array_equal(np.concatenate(parts), images)


def test_order_and_company_do_not_matter(gan, images):
    order = np.random.default_rng(0).permutation(70)
    np.testing.assert_array_equal(gan(order), images[order])
    np.testing.assert_array_equal(gan([33]), images[33:34])
    np.testing.assert_array_equal(gan([3, 2**32 - 1, 3, 69])[[0, 2, 3]], images[[3, 3, 69]])


def test_variables_can_be_replaced_and_are_copied(gan, images):
    sampler = Sampler(gan.objective, gan.variables, gan.facts)
    doubled = jax.jit(lambda tree: jax.tree.map(lambda x: 2 * x, tree))(gan.variables)
    sampler.variables = doubled
    before = sampler(range(3))
    assert (before != images[:3]).any()
    jax.tree.map(lambda x: x.delete(), doubled)  # as donation does
    np.testing.assert_array_equal(sampler(range(3)), before)
    sampler.variables = gan.variables
    np.testing.assert_array_equal(sampler(range(3)), images[:3])


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (None, [5, 0, 1, 2]),
        (3, [3, 3, 3, 3]),
        ([3, 0, 1, 2], [3, 0, 1, 2]),
        (range(4), [0, 1, 2, 3]),
        (np.array([1, 1, 0, 5]), [1, 1, 0, 5]),
    ],
)
def test_labels(gan, labels, expected):
    seeds = [5, 6, 7, 8]
    assert gan.num_classes == 6
    given = {} if labels is None else {"label": labels}
    found = gan.condition(seeds, given)["label"]
    assert found.tolist() == expected and found.dtype == np.int32
    np.testing.assert_array_equal(gan(seeds, given), gan(seeds, {"label": np.array(expected)}))


@pytest.mark.parametrize(
    ("labels", "message"),
    [(6, "no 6; the model's are 0 to 5"), ([0, -1], "no -1"), ([0, 1, 2], "3 values for 2"), ("many", "'many'")],
)
def test_labels_that_cannot_be(gan, labels, message):
    with pytest.raises(InputError, match=f"condition.label.*{message}"):
        gan([0, 1], {"label": labels})


@pytest.mark.parametrize("seeds", [[], [-1], [2**32], [0, 2**70]])
def test_seeds_that_cannot_be(gan, seeds):
    with pytest.raises(InputError, match="seeds"):
        gan(seeds)


def test_other_arguments_that_cannot_be(gan, vae):
    with pytest.raises(InputError, match=r"condition\.label: the draw 'image' is asked with nothing"):
        vae([0], {"label": 1})
    with pytest.raises(InputError, match="truncation"):
        gan([0], truncation=-1.0)
    with pytest.raises(InputError, match=r"options.truncatoin = 0.5 is not a setting. Did you mean 'truncation'\?"):
        gan([0], truncatoin=0.5)
    with pytest.raises(InputError, match=r"options\.truncation = 'much' should be of type"):
        gan([0], truncation="much")
    with pytest.raises(InputError, match="draw = 'imago': this model has image, reconstruction, to_z, kl, log_weights"):
        vae([0], draw="imago")
    with pytest.raises(InputError, match="batch_size"):
        gan.stream([0], batch_size=0)
    with pytest.raises(InputError, match="two seeds"):
        gan.interpolate([0])
    with pytest.raises(InputError, match=r"condition\.label is missing"):
        gan.decode(np.zeros((1, 8), np.float32))
    with pytest.raises(InputError, match="draw = 'reconstruction': this model has image"):
        gan([0], draw="reconstruction")
    with pytest.raises(InputError, match=r"condition.image has shape \[1, 8, 9, 1\]; the draw takes .* \[8, 8, 3\]"):
        vae([0], {"image": np.zeros((1, 8, 9, 1), np.uint8)}, draw="reconstruction")


def test_decoding_the_latent_of_a_seed_is_drawing_it(gan, vae, images):
    np.testing.assert_array_equal(gan.decode(gan.latent(range(70)), {"label": np.arange(70) % 6}), images)
    np.testing.assert_array_equal(vae.decode(vae.latent([4, 9])), vae([4, 9]))


def test_truncation_bounds_a_gans_latents_and_scales_a_vaes(gan, vae):
    free, bounded = gan.latent(range(200)), gan.latent(range(200), truncation=0.5)
    assert np.abs(free).max() > 2 and 0.45 < np.abs(bounded).max() <= 0.5
    again = gan.decode(bounded[:3], {"label": [0, 1, 2]}, truncation=0.5)
    np.testing.assert_array_equal(again, gan(range(3), truncation=0.5))
    np.testing.assert_allclose(vae.latent(range(5), truncation=0.5), vae.latent(range(5)) / 2)
    assert (vae(range(2), truncation=0.0) == vae([7], truncation=0.0)).all()


def test_a_truncation_has_statistics_of_its_own(gan):
    """Of the first normalisation they have a closed form: what is normalised is linear in the latent."""
    variables = gan.objective.draws["image"].prepare(gan.variables, truncation=0.5)
    generator = variables["generator"]
    found = generator.state["batch_stats"]["norm_0"]["batch"]["norm"]
    kernel = np.asarray(generator.params["base"]["kernel"])
    scale = (kernel**2).sum(axis=0).reshape(-1, len(found["var"])).mean(axis=0)
    np.testing.assert_allclose(found["var"] / scale, truncnorm(-0.5, 0.5).var(), rtol=0.15)
    assert np.abs(found["mean"]).max() < 0.1 * np.sqrt(scale * truncnorm(-0.5, 0.5).var()).max() * 3
    jax.tree.map(np.testing.assert_array_equal, generator.params, gan.variables["generator"].params)
    assert gan.objective.draws["image"].prepare(gan.variables) is gan.variables


def test_a_walk_passes_through_the_images_of_its_seeds(gan, vae):
    walk = np.concatenate(list(gan.interpolate([4, 11, 4], {"label": [2, 5, 2]}, frames=3)))
    assert walk.shape == (7, 8, 8, 3)
    np.testing.assert_array_equal(walk[[0, 3, 6]], gan([4, 11, 4], {"label": [2, 5, 2]}))
    walk = np.concatenate(list(vae.interpolate(range(40), frames=2)))
    np.testing.assert_array_equal(walk[::2], vae(range(40)))


def test_a_vae_reconstructs_any_number_of_images(vae):
    real = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 3), np.uint8)
    rebuilt = vae(range(40), {"image": real}, draw="reconstruction")
    assert rebuilt.shape == real.shape and rebuilt.dtype == np.uint8
    np.testing.assert_array_equal(vae([3, 4], {"image": real[7:9]}, draw="reconstruction"), rebuilt[7:9])
    expected = vae.objective.draws["reconstruction"].sample(vae.variables, {}, {"image": jnp.asarray(real)})
    np.testing.assert_allclose(rebuilt, (np.asarray(expected) + 1) * 127.5, atol=0.51)


def test_a_loaded_run_draws_the_pictures_that_training_drew(gan_run, gan):
    labels = np.repeat(np.arange(6), 2)
    drawn = grid(enlarge(gan(np.tile(np.arange(2), 6), {"label": labels})), 4)
    shown = np.asarray(Image.open(gan_run / "samples" / "step_00000004.png"))
    np.testing.assert_array_equal(shown, drawn)


def test_load_chooses_the_checkpoint(gan_run, gan, images):
    assert (gan.origin["run"], gan.origin["step"]) == ("gan", "4") and gan.name == "gan, step 4"
    earlier = gan_jax.load(gan_run, step=2)
    assert earlier.origin["config_sha256"] == gan.origin["config_sha256"]  # of one run, and two checkpoints
    assert earlier.origin["checkpoint_sha256"] != gan.origin["checkpoint_sha256"]
    assert earlier.origin["step"] == "2" and (earlier(range(3)) != images[:3]).any()


def test_load_says_what_is_wrong(gan_run, tmp_path):
    with pytest.raises(InputError, match="holds no run"):
        gan_jax.load(tmp_path)
    with pytest.raises(InputError, match=r"step = 3.*\[2, 4\]"):
        gan_jax.load(gan_run, step=3)
    with pytest.raises(InputError, match=r"no checkpoint\.best"):
        gan_jax.load(gan_run, best=True)
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(InputError, match="no complete checkpoint"):
        gan_jax.load(tmp_path)


def test_load_refuses_a_damaged_checkpoint_and_names_the_others(gan_run, tmp_path):
    workdir = shutil.copytree(gan_run, tmp_path / "run")
    data = max((workdir / "checkpoints" / "4" / "ema").rglob("d/*"), key=lambda file: file.stat().st_size)
    damaged = bytearray(data.read_bytes())
    damaged[len(damaged) // 2] ^= 255
    data.write_bytes(damaged)
    with pytest.raises(InputError, match=r"Checkpoint 4 .* cannot be restored .* Others: \[2\]"):
        gan_jax.load(workdir)
    gan_jax.load(workdir, step=2)


def test_the_number_of_devices_does_not_matter(gan_run, images, tmp_path):
    code = "import sys, numpy, gan_jax; numpy.save(sys.argv[2], gan_jax.load(sys.argv[1])(range(70)))"
    flags = f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count=8"
    _python(code, gan_run, tmp_path / "images.npy", XLA_FLAGS=flags)
    np.testing.assert_array_equal(np.load(tmp_path / "images.npy"), images)


def test_importing_is_light_and_touches_no_device():
    _python(
        "import sys, gan_jax; assert not {'jax', 'tensorflow', 'torch'} & set(sys.modules)\n"
        "import gan_jax.commands.sample, gan_jax.training.loop; assert not {'tensorflow', 'torch'} & set(sys.modules)\n"
        "import jax; assert not jax._src.xla_bridge.backends_are_initialized()"
    )
    with pytest.raises(AttributeError, match="lode"):
        gan_jax.lode  # noqa: B018


def _python(code: str, *arguments: Path, **environment: str) -> None:
    root = str(Path(gan_jax.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": root, "JAX_PLATFORMS": "cpu", **environment}
    done = subprocess.run([sys.executable, "-c", code, *map(str, arguments)], env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def test_values_that_are_not_finite_are_no_pixels(gan_run):
    broken = gan_jax.load(gan_run)
    broken.variables = jax.tree.map(lambda x: x * np.nan, broken.variables)
    with pytest.raises(DivergedError, match="gan, step 4 makes values that are not finite"):
        broken(range(3))


def test_what_nobody_gives_comes_of_the_data_by_seed(vae):
    """Seed s is shown example s mod N, 96 here, and its reconstruction is that of the picture itself."""
    asked = vae.condition([3, 99, 5], draw="reconstruction")["image"]
    examples = np.stack([vae.data.example(i)["image"] for i in (3, 3, 5)])
    np.testing.assert_array_equal(asked, examples)
    np.testing.assert_array_equal(
        vae([3, 99, 5], draw="reconstruction"), vae([0, 1, 2], {"image": examples}, draw="reconstruction")
    )


def test_what_a_model_can_be_asked_for(gan, vae):
    assert gan.options() == {"truncation": None} and vae.options() == {"truncation": 1.0}
    assert gan.conditions() == {"label": ((), "int32", "label", 6)} and vae.conditions() == {}
    assert vae.output("log_weights") == ((), "float32", "array", 0)
    assert vae.output() == ((8, 8, 3), "uint8", "image", 0)


def test_one_condition_stands_for_all_seeds(vae):
    picture = np.full((8, 8, 3), 77, np.uint8)
    rebuilt = vae(range(3), {"image": picture}, draw="reconstruction")
    assert (rebuilt == rebuilt[0]).all() and rebuilt.shape == (3, 8, 8, 3)


def test_trees_are_walked_leaf_by_leaf_and_what_is_no_float_is_held():
    tree = {"z": np.float32([[3, 0], [0, 3]]), "key": np.uint32([[1, 2], [3, 4]])}
    way = walk(tree, 2, np.arange(3))
    np.testing.assert_allclose(way["z"], [[3, 0], [3 / np.sqrt(2)] * 2, [0, 3]], rtol=1e-6)
    np.testing.assert_array_equal(way["key"], [[1, 2], [1, 2], [3, 4]])


def voxels_and_their_source(**source: Column) -> Sampler:
    """Draws from a model of voxels [2, 2, 2, 1]: the numbers -1, 0, 1 and 2 in turn."""
    columns = {"image": Column((2, 2, 2, 1), "uint8", "array"), **source}
    numbers = jnp.tile(jnp.array([-1.0, 0.0, 1.0, 2.0]), 2).reshape(1, 2, 2, 2, 1)

    def sample(variables, latent, condition):
        return numbers + 0.0 * variables["player"] + 0.0 * latent[:, None, None, None, None]

    draws = {
        "image": Draw(sample, latent=jax.vmap(jax.random.normal)),
        "beside": Draw(sample, condition=lambda batch, keys: {"source": batch["source"]}),
    }
    facts = {"columns": {name: tuple(column) for name, column in columns.items()}}
    objective = Objective(init=None, losses={}, averaged=("player",), draws=draws)
    return Sampler(objective, {"player": jnp.zeros(())}, facts, lambda: dataset.make(sprites.make(count=2)))


def test_voxels_are_quantised_as_pixels_are():
    sampler = voxels_and_their_source()
    assert sampler.output() == Column((2, 2, 2, 1), "uint8", "array")
    voxels = sampler([0, 1, 2])
    assert voxels.dtype == np.uint8 and voxels.shape == (3, 2, 2, 2, 1)
    assert voxels[1].ravel().tolist() == [0, 128, 255, 255] * 2


def test_a_column_that_other_data_come_without_is_named():
    sampler = voxels_and_their_source(source=Column((2, 2, 1), "uint8", "image"))
    with pytest.raises(InputError, match="'beside' is asked with 'source', which the data come without"):
        sampler([0], draw="beside")
