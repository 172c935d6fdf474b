"""Square patches of an image as its pixels, with the values of all in a patch as channels; and back."""

from jaxtyping import Array, Float

Images = Float[Array, "batch height width channels"]
NewImages = Float[Array, "batch new_height new_width new_channels"]


def to_patches(x: Images, patch: int) -> NewImages:
    """Sides divided by `patch`, which divides them, and channels times its square."""
    batch, height, width, channels = x.shape
    x = x.reshape(batch, height // patch, patch, width // patch, patch, channels).swapaxes(2, 3)
    return x.reshape(batch, height // patch, width // patch, -1)


def from_patches(x: Images, patch: int) -> NewImages:
    """The inverse of `to_patches`."""
    batch, height, width, values = x.shape
    x = x.reshape(batch, height, width, patch, patch, values // patch**2).swapaxes(2, 3)
    return x.reshape(batch, height * patch, width * patch, -1)
