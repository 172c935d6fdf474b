import jax
import jax.numpy as jnp
import numpy as np

from gan_jax.nets import steering

LATENT = jnp.asarray(np.random.default_rng(0).normal(size=(3, 5)), jnp.float32)
PARAMS = {"block": {"kernel": jnp.ones((2, 2, 4, 6)), "bias": jnp.ones(6)}}


def test_all_begin_where_the_source_is():
    for network in (steering.Gaussian(), steering.Shift(width=4), steering.LowRank(rank=2)):
        (shift, log_scale, params), _ = network.init_with_output(jax.random.key(0), LATENT, PARAMS)
        assert not shift.any() and not log_scale.any()
        jax.tree.map(np.testing.assert_array_equal, params, PARAMS)


def test_a_change_has_the_rank_that_is_asked_for():
    network = steering.LowRank(rank=2, scale=0.5)
    variables = jax.tree.map(
        lambda x: x + jax.random.normal(jax.random.key(1), x.shape), network.init(jax.random.key(0), LATENT, PARAMS)
    )
    changed = network.apply(variables, LATENT, PARAMS)[2]
    difference = (changed["block"]["kernel"] - 1).reshape(16, 6)
    assert np.linalg.matrix_rank(difference, tol=1e-4) == 2
    own = variables["params"]
    product = 0.5 * own["block.kernel.down"] @ own["block.kernel.up"]
    np.testing.assert_allclose(difference, product, atol=1e-5)
    np.testing.assert_array_equal(changed["block"]["bias"], 1)
