"""The divergence of one level of a hierarchical VAE, and what one draw says of it."""

import jax.numpy as jnp
import numpy as np
from scipy import stats

from gan_jax.nets.hierarchical import _compared


def test_kl_of_a_level_is_the_mean_of_what_its_draws_say():
    random = np.random.default_rng(0)
    (centre, log_width), (mean, log_scale) = random.normal(size=(2, 2, 1, 2, 1, 3)) * 0.7
    noise = random.normal(size=(100_000, 2, 1, 3))
    z = centre + np.exp(log_width) * noise
    drawn = [jnp.asarray(x, jnp.float32) for x in (z, noise)]
    level = _compared(*drawn, *(tuple(jnp.float32(x) for x in law) for law in ((centre, log_width), (mean, log_scale))))
    log_q, log_p = (stats.norm.logpdf(z, m, np.exp(s)) for m, s in ((centre, log_width), (mean, log_scale)))
    expected = (log_q - log_p).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(-level.log_ratio, expected, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(level.kl[0], expected.mean(), atol=5 * expected.std() / np.sqrt(len(z)))
