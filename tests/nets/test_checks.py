"""What networks refuse, in words."""

import pytest

from gan_jax.errors import InputError
from gan_jax.nets import hierarchical, residual, transformer
from gan_jax.nets.checks import halvings, patched


@pytest.mark.parametrize(
    "look",
    [
        halvings,
        lambda shape: patched(shape, 2),
        lambda shape: transformer.grid_of(shape, 2),
        lambda shape: residual.Encoder(image_shape=shape).features(),
        lambda shape: hierarchical.VDVAE(image_shape=shape, out_channels=1).sizes(),
    ],
)
@pytest.mark.parametrize("shape", [(8, 8, 8, 1), (8,)])
def test_what_is_no_picture_is_refused_by_networks_of_pictures(look, shape):
    with pytest.raises(InputError, match=r"makes and sees pictures of shape \(height, width, channels\), not \(8,"):
        look(shape)
