import io
import struct
import subprocess
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import EpsImagePlugin, Image, PngImagePlugin

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


@pytest.mark.parametrize(
    ("mode", "colour", "pixel"),
    [
        ("L", 7, [7]),
        ("LA", (7, 9), [7, 7, 7, 9]),
        ("RGB", (1, 2, 3), [1, 2, 3]),
        ("RGBA", (1, 2, 3, 4), [1, 2, 3, 4]),
        ("CMYK", (0, 0, 0, 55), [200, 200, 200]),
        ("1", 1, [255]),
        ("I;16", 257 * 7, [7]),
    ],
)
def test_modes_of_tiff(mode, colour, pixel):
    assert through(Image.new(mode, (2, 1), colour), "TIFF").tolist() == [[pixel, pixel]]


@pytest.mark.parametrize("mode", ["F", "I"])
def test_pixels_of_no_known_range_are_named(mode):
    with pytest.raises(InputError, match=r"picture cannot be read.*no known range; save it with 8 or 16"):
        through(Image.new(mode, (2, 1), 3), "TIFF")


def test_a_grey_of_sixteen_bits_that_stands_for_transparency():
    wide = Image.fromarray(np.array([[0, 257 * 9]], np.uint16))
    assert through(wide, transparency=257 * 9).tolist() == [[[0, 0, 0, 255], [9, 9, 9, 0]]]


@pytest.mark.parametrize("format", ["JPEG", "TIFF", "WEBP", "PNG"])
def test_every_format_is_turned_upright_once(format):
    exif = Image.Exif()
    exif[0x0112] = 6
    got = through(Image.fromarray(np.repeat(RAMP[:, :, None], 3, 2)), format, exif=exif, quality=95)
    assert np.abs(got[:, :, 0].astype(int) - np.rot90(RAMP, -1)).max() < 25


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP", "TIFF"])
def test_of_a_film_the_first_frame_is_taken_and_it_is_told(format, monkeypatch, caplog):
    monkeypatch.setattr("gan_jax.data.decode._films", [])
    frames = [Image.new("RGB", (4, 4), (value, value, value)) for value in (40, 90, 200)]
    for _ in range(2):
        got = through(frames[0], format, save_all=True, append_images=frames[1:], lossless=True)
        assert got[:, :, :3].tolist() == np.full((4, 4, 3), 40).tolist()
    assert caplog.messages == ["picture has several frames: of each such file the first is taken"]


def test_a_photograph_with_a_preview_is_no_film(caplog):
    photograph = Image.new("RGB", (8, 8), (9, 9, 9))
    assert through(photograph, "MPO", save_all=True, append_images=[photograph.resize((4, 4))]).shape == (8, 8, 3)
    assert not caplog.records


def test_a_file_that_is_a_program_is_not_started(monkeypatch):
    def start(*_, **__):
        raise AssertionError("a program was started")

    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", start)
    monkeypatch.setattr(subprocess, "Popen", start)
    eps = io.BytesIO()
    Image.new("RGB", (4, 4)).save(eps, "EPS")
    refused = [eps.getvalue(), b"\xc5\xd0\xd3\xc6" + bytes(26) + eps.getvalue(), b"%PDF-1.7\n"]
    for format in ("PPM", "TGA", "ICO", "JPEG2000", "PCX", "SGI", "DDS", "MSP", "XBM", "AVIF"):
        other = io.BytesIO()
        Image.new("1" if format in ("MSP", "XBM") else "RGB", (16, 16)).save(other, format)
        refused.append(other.getvalue())
    for data in refused:
        with pytest.raises(InputError, match=r"cat\.png cannot be read as an image: it is none of PNG, JPEG"):
            decode(lambda data=data: data, "cat.png")


@pytest.mark.parametrize("compressed", [True, False])
def test_a_png_with_a_novel_in_it_is_read(compressed):
    words = PngImagePlugin.PngInfo()
    words.add_text("prompt", "x" * 2**21, zip=compressed)
    words.add_itxt("more", "y" * 2**21, zip=True)
    assert (through(Image.fromarray(RAMP), pnginfo=words)[:, :, 0] == RAMP).all()


def png_of(width, height):
    """A PNG of a few bytes that says that it has so many pixels."""
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(bytes(99)))]
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in [*parts, (b"IEND", b"")]
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("sides", [(12_000, 12_000), (100_000, 100_000), (2**31 - 1, 2**31 - 1)])
def test_more_pixels_than_a_picture_has_are_not_made(sides):
    tracemalloc.start()
    with pytest.raises(InputError, match=r"bomb cannot be read.*a picture has at most 134,217,728 pixels"):
        decode(lambda: png_of(*sides), "bomb")
    assert tracemalloc.get_traced_memory()[1] < 2**22
    tracemalloc.stop()


def test_damage_is_named():
    file = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(file, "JPEG")
    for damaged in (file.getvalue()[:300], b"", b"not an image", None):
        with pytest.raises(InputError, match=r"shelf/cat\.jpg cannot be read as an image"):
            decode(lambda damaged=damaged: damaged, "shelf/cat.jpg")
    with pytest.raises(InputError, match=r"gone.*No such file"):
        decode(lambda: Path("/no/such/file").read_bytes(), "gone")
