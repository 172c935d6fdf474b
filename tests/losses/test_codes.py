"""Terms of codes, and the weight that keeps a game as strong as a reconstruction."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import views
from scipy import special

from gan_jax.losses import adaptive, code_entropy, codebook, commitment, hinge, l1, masked_cross_entropy
from gan_jax.losses.codes import perplexity
from gan_jax.losses.views import CodesView, MaskedView

RANDOM = np.random.default_rng(0)


def maps(*shape):
    return jnp.asarray(RANDOM.normal(size=shape), jnp.float32)


def test_commitment_moves_the_vectors_and_codebook_the_codes():
    vectors, chosen = maps(2, 3, 3, 4), maps(2, 3, 3, 4)
    expected = np.square(np.asarray(vectors - chosen)).mean(axis=(1, 2, 3))

    def value(vectors, chosen, term):
        return term(views.view(CodesView, vectors=vectors, chosen=chosen))

    for term, moves in ((commitment, (True, False)), (codebook, (False, True))):
        np.testing.assert_allclose(value(vectors, chosen, term), expected, rtol=1e-6)
        found = jax.grad(lambda *x, term=term: value(*x, term).sum(), argnums=(0, 1))(vectors, chosen)
        assert tuple(bool(x.any()) for x in found) == moves


def test_code_entropy_is_that_of_all_codes_where_bits_are_independent():
    vectors = maps(3, 1, 2, 2) * 0.01
    codes = np.array(list(itertools.product([-1, 1], repeat=2)))
    distance = np.square(np.asarray(vectors)[..., None, :] - codes).sum(axis=-1)
    p = special.softmax(-100 * distance, axis=-1)
    unsure = special.entr(p).sum(axis=-1).mean(axis=(1, 2))
    share = np.stack([(p * (codes[:, bit] > 0)).sum(axis=-1).mean() for bit in range(2)])
    used = (special.entr(share) + special.entr(1 - share)).sum()
    np.testing.assert_allclose(
        code_entropy(views.view(CodesView, vectors=vectors)), unsure - used, rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(
        code_entropy(views.view(CodesView, vectors=vectors), diversity=0.0), unsure, rtol=1e-4, atol=1e-5
    )


def test_perplexity_is_how_many_codes_are_in_even_use():
    codes = jnp.array([[0, 1], [2, 2], [0, 1]])
    found, used = perplexity(codes, 4, None)
    assert float(found) == pytest.approx(3.0) and float(used) == 0.75
    parts = jax.vmap(lambda codes: perplexity(codes, 4, "devices"), axis_name="devices")(codes)
    np.testing.assert_allclose(parts[0], found, rtol=1e-6)


@pytest.mark.parametrize("axis_name", [None, "devices"])
def test_the_adaptive_weight_is_the_ratio_of_the_gradients_at_the_last_layer(axis_name):
    """With a reconstruction that is c1 y and a game that is c2 y, of y linear in the last kernel: 0.8 c1 / c2."""
    inputs = maps(4, 2, 2, 3)

    def weighed(inputs, slope):
        params = {"decoder": {"outputs": {"kernel": jnp.ones((3, 1))}}}

        def redecoded(params):
            return inputs @ params["decoder"]["outputs"]["kernel"]

        image = redecoded(params)
        own = views.view(
            CodesView,
            image=image - 1e3,  # so that the difference is positive, and its gradient 1 everywhere
            reconstruction=image,
            redecoded=redecoded,
            params=params,
            axis_name=axis_name,
            discriminator=lambda images: -slope * images.mean(axis=(1, 2, 3)),
            fake_logits=jnp.full(len(inputs), -2.0),
            real_logits=jnp.zeros(len(inputs)),
        )
        return adaptive(own, game=hinge, against={"l1": l1}, last="decoder/outputs/kernel")

    for slope in (0.5, 4.0):
        if axis_name:
            run = jax.vmap(lambda x, slope=slope: weighed(x, slope), axis_name="devices")
            value = run(inputs.reshape(2, 2, 2, 2, 3))
        else:
            value = weighed(inputs, slope)
        np.testing.assert_allclose(value, 2 / slope, rtol=2e-3)  # the generator's hinge is -(-2)


def test_a_last_layer_that_is_not_there_is_named():
    own = views.view(CodesView, params={"decoder": {"kernel": jnp.zeros(1)}})
    with pytest.raises(ValueError, match=r"adaptive\.last = 'decoder/outputs/kernel'"):
        adaptive(own, game=hinge, against={"l1": l1})


def test_masked_cross_entropy_is_of_the_hidden_places_alone():
    logits, codes = maps(2, 2, 3, 5), jnp.asarray(RANDOM.integers(5, size=(2, 2, 3)))
    hidden = jnp.asarray(RANDOM.random((2, 2, 3)) < 0.5).at[:, 0, 0].set(True)
    log_p = special.log_softmax(np.asarray(logits), axis=-1)
    target = 0.9 * np.eye(5)[np.asarray(codes)] + 0.1 / 5
    by_place = -(target * log_p).sum(axis=-1)
    expected = [by_place[i][np.asarray(hidden[i])].mean() for i in range(2)]
    own = views.view(MaskedView, logits=logits, codes=codes, hidden=hidden)
    np.testing.assert_allclose(masked_cross_entropy(own), expected, rtol=1e-5)
    even = views.view(MaskedView, logits=0 * logits, codes=codes, hidden=hidden)
    np.testing.assert_allclose(masked_cross_entropy(even, label_smoothing=0.0), np.log(5), rtol=1e-6)
