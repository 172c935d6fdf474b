"""Terms of sets without pairs, by closed forms and by loops over patches."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import views

from gan_jax.errors import InputError
from gan_jax.losses import identity, identity_nce, l1, patch_nce, unstyled
from gan_jax.losses.unpaired import contrast
from gan_jax.losses.views import ContrastiveView, CycleView

X, Y = (jnp.asarray(np.random.default_rng(seed).uniform(-1, 1, (2, 4, 5, 3)), jnp.float32) for seed in (1, 2))


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def test_patches_that_are_all_alike_are_told_apart_by_chance():
    alike = {"layer": jnp.full((3, 256, 4), 0.5)}
    np.testing.assert_allclose(contrast(alike, alike, 0.07), math.log(256), rtol=1e-6)


def test_patches_that_have_nothing_in_common_are_told_apart():
    """log(1 + 255 exp(-1 / 0.07)) = 1.593e-4."""
    apart = {"layer": jnp.broadcast_to(jnp.eye(256), (2, 256, 256))}
    np.testing.assert_allclose(contrast(apart, apart, 0.07), 1.593e-4, rtol=2e-3)


def test_contrast_is_the_cross_entropy_of_one_positive_among_negatives():
    random = np.random.default_rng(0)
    queries, keys = ({n: unit(random.normal(size=(2, 5, 3))) for n in ("a", "b")} for _ in range(2))
    expected = np.zeros(2)
    for layer in queries:
        for example in range(2):
            for place in range(5):
                scores = np.array([queries[layer][example, place] @ key for key in keys[layer][example]]) / 0.2
                expected[example] += (np.log(np.exp(scores).sum()) - scores[place]) / 10
    as_arrays = lambda tree: {name: jnp.asarray(x, jnp.float32) for name, x in tree.items()}  # noqa: E731
    np.testing.assert_allclose(contrast(as_arrays(queries), as_arrays(keys), 0.2), expected, rtol=1e-5)


def test_keys_are_held():
    vectors = {"layer": jnp.asarray(unit(np.random.default_rng(0).normal(size=(1, 4, 3))), jnp.float32)}
    of_queries, of_keys = jax.grad(lambda q, k: contrast(q, k, 0.1).sum(), argnums=(0, 1))(vectors, vectors)
    assert not of_keys["layer"].any() and of_queries["layer"].any()


def test_the_answer_is_held_against_its_source_and_the_wanted_against_itself():
    """Pictures stand for their descriptions, of which answers of mirrored sources are read backwards."""

    def described(pictures, mirrored):
        pictures = (
            pictures if mirrored is None else jnp.where(mirrored[:, None, None, None], pictures[:, :, ::-1], pictures)
        )
        vectors = pictures.reshape(len(pictures), -1, 3)
        return {"pixels": vectors / jnp.linalg.norm(vectors, axis=-1, keepdims=True)}

    mirrored = jnp.array([True, False])
    fake = jnp.where(mirrored[:, None, None, None], X[:, :, ::-1], X)
    fields = dict(source=X, fake=fake, mirrored=mirrored, described=described, real=Y, generator=lambda y: y)
    view = views.view(ContrastiveView, **fields)
    same, of_real = (contrast(described(x, None), described(x, None), 0.07) for x in (X, Y))
    np.testing.assert_allclose(patch_nce(view), same, rtol=1e-5)
    np.testing.assert_allclose(identity_nce(view), of_real, rtol=1e-5)
    assert (patch_nce(view.replace(mirrored=None)) > same + 0.1)[0]


def test_a_cycle_of_exact_inverses_has_no_loss():
    forth, back = (lambda x: 2 * x), (lambda y: y / 2)
    view = views.view(CycleView, source=X, fake=forth(X), generator=forth, back=back)
    np.testing.assert_array_equal(l1(view), 0)
    wrong = view.replace(back=lambda y: y / 2 + 0.25)
    np.testing.assert_allclose(l1(wrong), 0.25, rtol=1e-5)


def test_identity_is_of_pictures_that_are_right_already():
    view = views.view(CycleView, real=Y, source=X, generator=lambda x: x + 0.5)
    np.testing.assert_allclose(identity(view), 0.5, rtol=1e-5)
    with pytest.raises(InputError, match=r"identity compares .* shapes \(4, 5, 3\) and \(4, 5, 1\): leave it out"):
        identity(view.replace(generator=lambda x: x[..., :1]))


def test_no_style_leaves_the_source_alone():
    view = views.view(ContrastiveView, real=Y, source=X, generator=None, unstyled=lambda x: x - 0.125)
    np.testing.assert_allclose(unstyled(view), 0.125, rtol=1e-5)
    with pytest.raises(InputError, match=r"objective\.styles = True"):
        unstyled(view.replace(unstyled=None))
