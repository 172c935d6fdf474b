"""Bits in images: what disturbs them on their way, that a small network learns to read them, and the commands."""

import io

import experiments
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

import gan_jax
from gan_jax.commands import provenance, sample
from gan_jax.data.sources import sprites
from gan_jax.errors import InputError
from gan_jax.images import from_uint8
from gan_jax.objectives import disturbed, watermark


def picture(side: int = 24) -> np.ndarray:
    """Colours that change slowly, with noise."""
    ramp = np.linspace(0, 1, side)
    colours = np.stack([np.outer(ramp, 1 - ramp), np.outer(ramp, ramp), np.outer(1 - ramp, ramp**2)], axis=-1)
    noise = np.random.default_rng(0).normal(0, 12, (side, side, 3))
    return np.clip(60 + 150 * colours + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("quality", [10, 50, 90])
@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_is_that_of_pillow(quality, channels):
    image = picture()[:20, :, :channels]  # a side that is no multiple of eight
    stream = io.BytesIO()
    Image.fromarray(image.squeeze()).save(stream, "jpeg", quality=quality, subsampling=0)
    expected = np.asarray(Image.open(stream)).reshape(image.shape).astype(float)
    found = disturbed.jpeg(from_uint8(jnp.asarray(image[None])), jnp.array([float(quality)]))[0]
    difference = np.abs(np.clip((np.asarray(found) + 1) * 127.5, 0, 255) - expected)
    assert difference.mean() < 0.25 * np.abs(expected - image).mean()  # coefficients that are rounded the other way


def test_a_crop_is_a_window_enlarged():
    ramp = jnp.tile(jnp.linspace(-1, 1, 16)[None, None, :, None], (2, 16, 1, 1))
    found = disturbed.crop(ramp, jnp.array([0.5, 0.5]), jnp.array([[0.0, 0.0], [0.0, 1.0]]))
    assert found.shape == ramp.shape
    np.testing.assert_allclose(found[0, 3, [0, -1], 0], [-1, 0], atol=0.1)  # the left half
    np.testing.assert_allclose(found[1, 3, [0, -1], 0], [0, 1], atol=0.1)
    np.testing.assert_allclose(disturbed.crop(ramp, jnp.ones(2), jnp.zeros((2, 2))), ramp, atol=1e-6)


def test_every_disturbance_happens_and_has_gradients():
    images = jnp.tile(from_uint8(jnp.asarray(picture(16)))[None], (60, 1, 1, 1))
    keys = jax.random.split(jax.random.key(0), 60)
    found = disturbed.disturbed(images, keys)
    kind = jax.vmap(disturbed._drawn, in_axes=(0, None))(keys, images.shape[1:])[0]
    assert set(np.asarray(kind)) == set(range(5))
    same = np.abs(np.asarray(found - images)).max(axis=(1, 2, 3)) < 1e-6
    np.testing.assert_array_equal(same, kind == 0)
    assert np.abs(found).max() <= 1
    gradient = jax.grad(lambda x: (disturbed.disturbed(x, keys) * images).sum())(images)
    assert (np.abs(np.asarray(gradient)).max(axis=(1, 2, 3)) > 0.1).all()


def test_what_is_out_of_range_is_pushed_no_further():
    images = jnp.full((60, 8, 8, 3), 1.5).at[:, :, 4:].set(-0.5)
    keys = jax.random.split(jax.random.key(0), 60)
    gradient = jax.grad(lambda x: disturbed.disturbed(x, keys).sum())(images)
    np.testing.assert_array_equal(gradient[:, :, :4], 0)
    assert (np.abs(np.asarray(gradient[:, :, 4:])).max(axis=(1, 2, 3)) > 0.1).all()


def test_messages_are_hexadecimal_digits():
    assert watermark.signs_of("0a", 8, "--message").tolist() == [-1, -1, -1, -1, 1, -1, 1, -1]
    for wrong in ("a", "0a0", "0x", "xy"):
        with pytest.raises(InputError, match="should be 2 hexadecimal digits, for 8 bits"):
            watermark.signs_of(wrong, 8, "--message")


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """The folder of a run that has learned to hide eight bits, visibly."""
    from gan_jax.training import loop

    workdir = tmp_path_factory.mktemp("runs") / "reader"
    config = experiments.watermark(
        steps=400, batch_size=32, coder__losses=dict(bits=dict(name="bit_cross_entropy")), ema__half_life=500.0
    )
    assert loop.run(config, workdir) == 0
    return workdir


def test_what_is_marked_is_read_again_and_what_is_not_is_not(reader, tmp_path, capsys):
    source = sprites.make(count=40, resolution=(8, 8), seed=5)  # others than it was trained on
    for i in range(40):
        (tmp_path / "bare" / "kind").mkdir(parents=True, exist_ok=True)
        Image.fromarray(source[i]["image"]).save(tmp_path / "bare" / "kind" / f"{i:02d}.png")
    asked = [f"--workdir={reader}", "--condition", f"image={tmp_path / 'bare'}", "--option", "message=a6"]
    assert sample.main([*asked, f"--out={tmp_path / 'marked'}"]) == 0
    assert len(list((tmp_path / "marked" / "kind").iterdir())) == 40  # by the names and folders that they had
    signs = watermark.signs_of("a6", 8, "--message")
    model = gan_jax.load(reader)
    marked = np.stack([np.asarray(Image.open(file)) for file in sorted((tmp_path / "marked" / "kind").iterdir())])
    right = (model(range(40), {"image": marked}, draw="bits") > 0) == (signs > 0)
    assert right.mean() > 0.95
    read = ["--message=a6", f"--weights={reader}", "--rate=0.05"]
    capsys.readouterr()
    provenance.main(["verify", str(tmp_path / "marked"), *read])
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("unmarked  96 pictures") and "not shown to be fair coins" in told[1]
    assert provenance.main(["verify", str(tmp_path / "bare"), *read]) == 1
    of_bare = capsys.readouterr().out.splitlines()
    assert sum(line.endswith("  carries it") for line in told) > 35
    assert sum(line.endswith("  carries it") for line in of_bare) < 10
    with pytest.raises(InputError, match="--rate=1e-06: bits of unmarked pictures are not shown to be fair coins"):
        provenance.main(["verify", str(tmp_path / "bare"), *read[:2]])
    with pytest.raises(InputError, match="--message = 'a' should be 2 hexadecimal digits"):
        provenance.main(["verify", str(tmp_path / "bare"), "--message=a", f"--weights={reader}"])
    with pytest.raises(InputError, match=r"options\.message = 'xyz' should be 2 hexadecimal digits"):
        sample.main([*asked[:3], "--option", "message=xyz", f"--out={tmp_path / 'x'}"])


def test_runs_that_read_no_bits(gan_run, tmp_path):
    with pytest.raises(InputError, match="is no run of the objective watermark"):
        provenance.main(["verify", str(tmp_path), "--message=a6", f"--weights={gan_run}"])
    for words, message in {
        (f"--weights={gan_run}",): "--weights and --message go together",
        ("--unmarked=photos",): "--unmarked is for watermarks",
        (f"--weights={gan_run}", "--message=a6", "--trust=root.pem"): "--trust is for signatures",
        (f"--weights={gan_run}", "--message=a6", "--rate=0"): "--rate=0 should be above 0",
    }.items():
        with pytest.raises(InputError, match=message):
            provenance.main(["verify", str(tmp_path), *words])
