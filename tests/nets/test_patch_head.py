import jax
import jax.numpy as jnp
import numpy as np
import pytest
from networks import normal

from gan_jax.errors import InputError
from gan_jax.nets import dcgan, patch_head, stylegan2
from gan_jax.network import from_flax

SHAPE = (16, 16, 3)
IMAGES, LABELS = normal(0, 2, *SHAPE), jnp.array([0, 1])
JUDGES = {
    "down_1": dcgan.Discriminator(SHAPE, num_classes=2, width=8, normalization="spectral"),
    "block_0/conv_1": stylegan2.Discriminator(SHAPE, num_classes=2, width=4, minibatch_stddev=2, remat=True),
}


@pytest.mark.parametrize("layer", JUDGES)
def test_the_judge_is_what_it_is_alone(layer):
    """By the names of its parameters and state, which a run of it gives to this network, and by what it says."""
    judge = from_flax(JUDGES[layer])
    both = from_flax(patch_head.Discriminator(judge=JUDGES[layer], layer=layer))
    known = judge.init(jax.random.key(0), IMAGES, LABELS)
    drawn = both.init(jax.random.key(1), IMAGES, LABELS)
    assert drawn.params.keys() - known.params.keys() == {"patch_logits"}
    given = known._replace(params={**drawn.params, **known.params})
    said, state = both.apply(given, IMAGES, LABELS, train=True)
    alone, own_state = judge.apply(known, IMAGES, LABELS, train=True)
    np.testing.assert_array_equal(said["logits"], alone)
    jax.tree.map(np.testing.assert_array_equal, state, own_state)
    assert said["patches"].shape == (2, *{"down_1": (4, 4), "block_0/conv_1": (8, 8)}[layer])


def test_a_patch_is_judged_by_itself():
    """Two convolutions of 4x4 at stride 2 and one of 3x3 see 18 pixels; at the corner 11 of them lie in the image."""
    network = from_flax(patch_head.Discriminator(judge=JUDGES["down_1"], layer="down_1"))
    variables = network.init(jax.random.key(0), IMAGES, LABELS)
    slope = jax.grad(lambda images: network.apply(variables, images, LABELS, train=True)[0]["patches"][0, 0, 0])
    seen = np.asarray(slope(IMAGES) != 0).any(axis=-1)
    assert seen[0, :11, :11].all() and not seen[0, 11:].any() and not seen[0, :, 11:].any() and not seen[1].any()


def test_a_layer_without_a_map_is_refused():
    network = from_flax(patch_head.Discriminator(judge=JUDGES["down_1"], layer="logits"))
    with pytest.raises(InputError, match=r"layer='logits' is none of the judge's with a map\. Valid: down_0, down_1"):
        network.init(jax.random.key(0), IMAGES, LABELS)
