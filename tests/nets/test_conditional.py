import jax
import jax.numpy as jnp
import numpy as np
import pytest
from bert import bert, checkpoint
from flax import traverse_util

from gan_jax.errors import InputError
from gan_jax.features import weights as weight_files
from gan_jax.frozen import minilm
from gan_jax.nets import conditional, dcgan, mel, sound, text, vectors
from gan_jax.runs.kept import Kept

SHAPE = (8, 8, 3)
TOKENS = jnp.array([[2, 3, 4, 0, 0], [4, 3, 2, 0, 0]])


def made(module, *inputs, **settings):
    return module.init_with_output(jax.random.key(0), *inputs, train=False, **settings)


def test_a_text_is_read_alike_at_any_length_and_its_order_matters():
    encoder = text.Encoder(vocabulary=8, width=8, depth=1, heads=2)
    read, variables = made(encoder, TOKENS)
    longer = jnp.pad(TOKENS, ((0, 0), (0, 4)))
    again = encoder.apply(variables, longer, train=False)
    np.testing.assert_allclose(read.sentence, again.sentence, atol=1e-5)
    np.testing.assert_array_equal(read.there.sum(1), 3)
    assert np.abs(read.sentence[0] - read.sentence[1]).max() > 1e-3
    assert np.isfinite(encoder.apply(variables, jnp.zeros_like(TOKENS), train=False).sentence).all()
    with pytest.raises(InputError, match=r"objective\.condition"):
        made(text.Encoder(), TOKENS)


def test_a_generator_makes_other_pictures_of_other_words():
    """Through modulation and through attention, and with the condition drawn from a Gaussian or not."""
    latent = jax.random.normal(jax.random.key(1), (2, 12))
    for augmented in (False, True):
        reader = text.Encoder(vocabulary=8, width=8, depth=1, heads=2)
        network = conditional.Generator(
            reader=reader, image_shape=SHAPE, width=4, max_width=4, code=4, augmented=augmented, attention=8
        )
        _, variables = made(network, latent, TOKENS)
        flat = traverse_util.flatten_dict(variables["params"])
        random = np.random.default_rng(0)
        moved = {path: jnp.float32(random.normal(size=x.shape) / 4) if not x.any() else x for path, x in flat.items()}
        variables = {**variables, "params": traverse_util.unflatten_dict(moved)}
        same = jnp.broadcast_to(latent[:1], latent.shape)
        images = network.apply(variables, same, TOKENS, train=False)
        assert images.shape == (2, *SHAPE) and np.abs(images[0] - images[1]).max() > 1e-4
        if augmented:
            mean, log_variance = network.apply(variables, TOKENS, train=False, method="moments")
            assert mean.shape == log_variance.shape == (2, 4)
            with pytest.raises(InputError, match=r"objective\.latent_size"):
                made(network, latent[:, :4], TOKENS)


def test_logits_are_what_is_seen_times_what_is_said():
    judge = dcgan.Discriminator(SHAPE, width=4, normalization="none", head="features")
    network = conditional.Discriminator(vectors.Encoder(width=4), judge, features=3)
    images = jax.random.normal(jax.random.key(2), (2, *SHAPE))
    said, _ = made(network, images, jnp.eye(2, 5))
    expected = said["unconditional"] + (said["image"] * said["sentence"]).sum(1) / np.sqrt(3)
    np.testing.assert_allclose(said["logits"], expected, rtol=1e-5)
    with pytest.raises(InputError, match="features"):
        made(conditional.Discriminator(vectors.Encoder(width=4), judge.clone(head="projection")), images, jnp.eye(2, 5))


def test_mel_bands():
    assert mel.to_mel(1000.0) == pytest.approx(1000, abs=0.02) and mel.from_mel(mel.to_mel(440.0)) == pytest.approx(440)
    bank = mel.filterbank(20, 512, 8000)
    centres = mel.from_mel(np.linspace(0, mel.to_mel(4000.0), 22))[1:-1]
    inside = (np.arange(257) * 8000 / 512 >= centres[0]) & (np.arange(257) * 8000 / 512 <= centres[-1])
    np.testing.assert_allclose(bank.sum(1)[inside], 1, rtol=1e-5)
    for band in (5, 11, 17):
        tone = np.sin(2 * np.pi * centres[band] * np.arange(1600) / 8000)[None]
        frames = mel.log_mel(jnp.asarray(tone), 8000, bins=20, window=0.05, hop=0.025)
        assert frames.shape == (1, 7, 20) and (frames.argmax(-1) == band).all()
    quiet, loud = (mel.log_mel(jnp.asarray(x * tone), 8000, bins=20, window=0.05, hop=0.025) for x in (0.5, 1.0))
    np.testing.assert_allclose((loud - quiet)[..., 17], np.log(4), rtol=1e-3)


def test_silence_behind_a_sound_is_not_listened_to():
    tone = jnp.sin(jnp.arange(800.0))[None]
    encoder = sound.Encoder(rate=4000, width=8, bins=10)
    read, variables = made(encoder, tone)
    longer = encoder.apply(variables, jnp.pad(tone, ((0, 0), (0, 800))), train=False)
    assert longer.there.sum() - read.there.sum() <= 2
    assert not longer.there[0, -5:].any()
    with pytest.raises(InputError, match="a column of sounds"):
        made(sound.Encoder(), tone)
    with pytest.raises(InputError, match="shorter than a frame"):
        made(encoder, tone[:, :20])


def test_minilm_is_bert_whose_states_are_averaged(tmp_path):
    arrays = checkpoint()
    weight_files.write(tmp_path / "tiny.npz", arrays)
    frozen = minilm.make(weights=str(tmp_path / "tiny.npz"), heads=2)
    tokens = jnp.array([[2, 7, 5, 3, 0, 0], [2, 4, 3, 0, 0, 0]])
    said = jax.jit(frozen.apply)(frozen.variables, tokens)
    for row, count in ((0, 4), (1, 3)):
        mean = bert(arrays, tokens[row, :count], 2).mean(0)
        np.testing.assert_allclose(said[row], mean / np.linalg.norm(mean), rtol=1e-3, atol=1e-4)
    again = minilm.make(weights="gone", kept=Kept(frozen.variables, frozen.identity))
    np.testing.assert_array_equal(said, jax.jit(again.apply)(again.variables, tokens))
    states = minilm.make(weights=str(tmp_path / "tiny.npz"), heads=2, words=True)
    np.testing.assert_allclose(jax.jit(states.apply)(states.variables, tokens)[1, 3:], 0)
    assert "pooler" not in frozen.variables and frozen.apply.vocabulary == 12
    with pytest.raises(InputError, match="heads = 3"):
        minilm.make(weights=str(tmp_path / "tiny.npz"), heads=3)
    with pytest.raises(InputError, match="6 tokens at most"):
        frozen.apply(frozen.variables, jnp.zeros((1, 7), int))
