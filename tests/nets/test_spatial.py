"""Convolutions of voxels, and the networks of pictures that make and see voxels too."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from networks import BATCH, LABELS, LATENT, count, draw, normal, second_order, seen_by, shapes

from gan_jax.errors import InputError
from gan_jax.nets import biggan, convolutional, dcgan, spatial, unet

SHAPE = (8, 8, 8, 1)


def lax_conv(x, kernel, stride, padding):
    return lax.conv_general_dilated(
        x, kernel, (stride,) * 3, padding, dimension_numbers=spatial.VOXELS, precision="highest"
    )


def lax_transpose(x, kernel, stride, padding):
    return lax.conv_transpose(
        x, kernel, (stride,) * 3, padding, dimension_numbers=spatial.VOXELS, transpose_kernel=True, precision="highest"
    )


def derivatives(f, x, kernel):
    """Value, both gradients, and the kernel's gradient of R1."""

    def loss(x, kernel):
        return jnp.sum(jnp.tanh(f(x, kernel)))

    def penalty(kernel):
        return jnp.sum(jax.grad(loss)(x, kernel) ** 2)

    return f(x, kernel), jax.grad(loss, (0, 1))(x, kernel), jax.grad(penalty)(kernel)


@pytest.mark.parametrize(
    ("window", "stride", "padding"), [(4, 2, "SAME"), (3, 1, "SAME"), (3, 2, "VALID"), (1, 1, "SAME")]
)
def test_convolutions_of_voxels_equal_lax_to_second_order(window, stride, padding):
    x, kernel = normal(0, 2, 4, 5, 6, 3), 0.3 * normal(1, window, window, window, 3, 4)
    y, back = normal(2, 2, 2, 3, 2, 4), 0.3 * normal(1, window, window, window, 3, 4)

    @jax.jit
    def compute(x, kernel, y, back):
        pairs = ((spatial.conv, lax_conv, x, kernel), (spatial.conv_transpose, lax_transpose, y, back))
        return [
            [derivatives(lambda a, b, f=f: f(a, b, stride, padding), left, right) for f in (own, plain)]
            for own, plain, left, right in pairs
        ]

    for own, plain in compute(x, kernel, y, back):
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-3), own, plain)


def test_on_the_cpu_there_are_convolutions_over_two_dimensions_alone(monkeypatch):
    """Of three, XLA:CPU runs some a thousand times slower."""
    x, kernel = normal(0, 1, 4, 4, 4, 2), normal(1, 4, 4, 4, 2, 3)

    def text(backend):
        monkeypatch.setattr(jax, "default_backend", lambda: backend)
        return str(jax.make_jaxpr(lambda x, k: derivatives(lambda x, k: spatial.conv(x, k, 2), x, k))(x, kernel))

    assert "window_strides=(2, 2, 2)" not in text("cpu") and "window_strides=(2, 2, 2)" in text("gpu")


def test_half_precision_stays():
    x, kernel = normal(0, 1, 4, 4, 4, 2).astype(jnp.bfloat16), normal(1, 4, 4, 4, 2, 3)
    assert spatial.conv(x, kernel, 2).dtype == jnp.bfloat16
    assert spatial.conv_transpose(x, kernel.swapaxes(3, 4), 2).dtype == jnp.bfloat16


def test_the_3d_gan_of_the_paper_has_its_parameters():
    """Wu et al. 2016: 512-256-128-64 channels at 64^3, z of 200; the last biases are ours."""
    sides, widths = (64, 64, 64, 1), (512, 256, 128, 64)
    made, images = shapes(dcgan.Generator(sides, channels=widths), jnp.zeros((2, 200)))
    assert images.shape == (2, *sides) and count(made) == 17_569_664 + 1
    seen, logits = shapes(
        dcgan.Discriminator(sides, channels=widths[::-1], normalization="none"), jnp.zeros((2, *sides))
    )
    biases = sum(widths) + 1
    assert logits.shape == (2,) and count(seen) == 11_046_912 + biases


def test_a_conditional_generator_of_voxels():
    network = dcgan.Generator(SHAPE, 3, width=4)
    variables = draw(network, normal(0, BATCH, LATENT), LABELS)
    made = network.apply(variables, normal(0, BATCH, LATENT), LABELS, train=False)
    assert made.shape == (BATCH, *SHAPE) and made.dtype == jnp.float32 and np.abs(made).max() <= 1


@pytest.mark.parametrize("normalization", ["none", "layer", "spectral"])
def test_a_discriminator_sees_each_grid_by_itself_and_knows_penalties(normalization):
    network = dcgan.Discriminator(SHAPE, 3, width=4, normalization=normalization)
    images = normal(1, BATCH, *SHAPE)
    variables = draw(network, images, LABELS)
    seen = seen_by(network, variables, images, LABELS)
    assert (seen[np.eye(BATCH) == 0] == 0).all() and (seen.diagonal() > 0).all()
    if normalization == "none":
        assert all(
            np.isfinite(leaf).all() for leaf in jax.tree.leaves(second_order(network, variables, images, LABELS))
        )


@pytest.mark.parametrize("refine", [True, False])
def test_encoder_and_decoder_of_voxels(refine):
    encoder = convolutional.Encoder(SHAPE, width=4, latent_size=3)
    assert shapes(encoder, normal(0, 2, *SHAPE))[1][0].shape == (2, 3)
    decoder = convolutional.Decoder(SHAPE, 2, width=4, refine=refine)
    assert shapes(decoder, normal(0, 2, 3))[1].shape == (2, 8, 8, 8, 2)


def test_a_u_net_of_voxels_of_any_size():
    network = unet.Generator(SHAPE, width=4, levels=2)
    assert shapes(network, normal(0, 2, 8, 4, 12, 2))[1].shape == (2, 8, 4, 12, 1)


def test_sides_that_are_not_halved_and_networks_of_pictures_alone_are_told():
    with pytest.raises(InputError, match=r"cannot make 10x9x8 images.*nearest resolutions are 10x8x8 and"):
        shapes(dcgan.Generator((10, 9, 8, 1)), normal(0, 2, 8))
    with pytest.raises(InputError, match=r"sees pictures of shape .*, not \(8, 8, 8, 1\)"):
        shapes(biggan.Generator(SHAPE, 3), normal(0, 2, 8), LABELS[:2])
