import jax
import jax.numpy as jnp
import numpy as np

from gan_jax.data.transforms import flip


def test_each_image_is_mirrored_or_not_by_its_own_key():
    images = np.random.default_rng(0).integers(0, 256, (64, 3, 5, 2), np.uint8)
    keys = jax.random.split(jax.random.key(0), 64)
    flipped = np.asarray(flip(jnp.asarray(images), keys))
    kept, mirrored = (flipped == images).all((1, 2, 3)), (flipped == images[:, :, ::-1]).all((1, 2, 3))
    assert (kept ^ mirrored).all() and 20 < mirrored.sum() < 44
    assert (np.asarray(flip(jnp.asarray(images[10:20]), keys[10:20])) == flipped[10:20]).all()
