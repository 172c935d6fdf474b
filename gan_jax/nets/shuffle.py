"""Pixels out of channels and channels out of pixels (Shi et al. 2016), in PyTorch's order of channels."""

from jaxtyping import Array, Float

Images = Float[Array, "batch height width inputs"]
NewImages = Float[Array, "batch new_height new_width outputs"]


def pixel_shuffle(x: Images, factor: int) -> NewImages:
    """Makes the sides `factor` times as long: inputs of channel 0 come first, row by row, then channel 1's."""
    batch, height, width, inputs = x.shape
    x = x.reshape(batch, height, width, inputs // factor**2, factor, factor)
    return x.transpose(0, 1, 4, 2, 5, 3).reshape(batch, height * factor, width * factor, -1)


def pixel_unshuffle(x: Images, factor: int) -> NewImages:
    """The inverse: sides that are multiples of `factor` become so many times shorter."""
    batch, height, width, inputs = x.shape
    x = x.reshape(batch, height // factor, factor, width // factor, factor, inputs)
    return x.transpose(0, 1, 3, 5, 2, 4).reshape(batch, height // factor, width // factor, -1)
