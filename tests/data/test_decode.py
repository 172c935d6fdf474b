import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_jax.data.decode import decode
from gan_jax.errors import InputError

RAMP = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5


def through(image, format="PNG", **options):
    file = io.BytesIO()
    image.save(file, format, **options)
    return decode(file.getvalue, "picture")


@pytest.mark.parametrize(("format", "channels"), [("PNG", 1), ("PNG", 3), ("PNG", 4), ("WEBP", 3), ("WEBP", 4)])
def test_grey_rgb_and_rgba_pass_unchanged(format, channels):
    pixels = np.stack([RAMP, RAMP[::-1], RAMP[:, ::-1], 255 - RAMP // 2], axis=2)[:, :, :channels]
    got = through(Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels), format, lossless=True)
    assert got.dtype == np.uint8 and (got == pixels).all()


def test_one_bit_becomes_black_and_white():
    assert (through(Image.fromarray(RAMP > 100)) == np.where(RAMP > 100, 255, 0)[:, :, None]).all()


def test_sixteen_bits_keep_their_full_range():
    wide = np.array([[0, 128, 129, 257 * 7, 257 * 200, 65535]], np.uint16)
    assert through(Image.fromarray(wide))[0, :, 0].tolist() == [0, 0, 1, 7, 200, 255]


def test_palettes_become_colour_and_keep_their_transparency():
    palette = Image.new("P", (2, 1))
    palette.putpalette([10, 20, 30, 200, 100, 50])
    palette.putdata([0, 1])
    assert through(palette).tolist() == [[[10, 20, 30], [200, 100, 50]]]
    assert through(palette, transparency=0).tolist() == [[[10, 20, 30, 0], [200, 100, 50, 255]]]


def test_grey_with_alpha_and_a_transparent_colour_become_rgba():
    assert through(Image.new("LA", (1, 1), (9, 40))).tolist() == [[[9, 9, 9, 40]]]
    assert through(Image.new("RGB", (1, 1), (1, 2, 3)), transparency=(1, 2, 3)).tolist() == [[[1, 2, 3, 0]]]


def test_a_camera_held_sideways_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # the top of the scene is at the right
    assert (through(Image.fromarray(RAMP), exif=exif)[:, :, 0] == np.rot90(RAMP, -1)).all()


def test_cmyk_becomes_rgb():
    assert through(Image.new("CMYK", (8, 8), (0, 0, 0, 0)), "JPEG").tolist() == np.full((8, 8, 3), 255).tolist()


def test_damage_is_named():
    file = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(file, "JPEG")
    for damaged in (file.getvalue()[:300], b"", b"not an image", None):
        with pytest.raises(InputError, match=r"shelf/cat\.jpg cannot be read as an image"):
            decode(lambda damaged=damaged: damaged, "shelf/cat.jpg")
    with pytest.raises(InputError, match=r"gone.*No such file"):
        decode(lambda: Path("/no/such/file").read_bytes(), "gone")
