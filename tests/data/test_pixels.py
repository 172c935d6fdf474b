import numpy as np
import pytest

from gan_jax.data.pixels import patch, resize, to_channels
from gan_jax.errors import InputError


def pixel(*values):
    return np.array([[values]], np.uint8)


@pytest.mark.parametrize(
    ("given", "channels", "wanted"),
    [
        (pixel(7), 3, (7, 7, 7)),
        (pixel(7), 4, (7, 7, 7, 255)),
        (pixel(1, 2, 3), 4, (1, 2, 3, 255)),
        (pixel(100, 200, 50), 1, (153,)),  # .299 R + .587 G + .114 B
        (pixel(100, 200, 50, 255), 3, (100, 200, 50)),
        (pixel(100, 200, 50, 0), 3, (255, 255, 255)),
        (pixel(0, 100, 255, 51), 3, (204, 224, 255)),  # a fifth over white
        (pixel(0, 0, 0, 51), 1, (204,)),
    ],
)
def test_channels_are_converted_on_purpose(given, channels, wanted):
    assert to_channels(given, channels)[0, 0].tolist() == list(wanted)


def test_other_channel_counts_are_refused():
    with pytest.raises(InputError, match="2 channels"):
        to_channels(pixel(1, 2), 3)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("resolution", [(5, 9), (40, 12)])
def test_a_plain_image_stays_plain(channels, resolution):
    image = np.full((16, 24, channels), 200, np.uint8)
    for crop in (True, False):
        resized = resize(image, resolution, crop=crop)
        assert resized.shape == (*resolution, channels) and (resized == 200).all()


def test_fine_patterns_average_out():
    checks = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)[:, :, None]
    assert np.abs(resize(checks, (8, 8), crop=True)[1:-1, 1:-1].astype(int) - 128).max() <= 2


def test_the_crop_is_the_largest_window_and_moves_along_the_long_side():
    columns = np.broadcast_to(np.arange(10, dtype=np.uint8), (4, 10))[:, :, None]
    for at, first in ((0.0, 0), (0.5, 3), (1.0, 6)):
        assert resize(columns, (4, 4), crop=True, at=(0.5, at))[0, :, 0].tolist() == list(range(first, first + 4))
    assert (resize(columns, (4, 10), crop=True) == columns).all()


def test_a_share_of_the_window_moves_along_both_sides():
    rows, columns = np.indices((40, 40))
    place = np.stack([rows, columns], axis=-1).astype(np.uint8) * 4
    seen = [resize(place, (20, 20), crop=True, at=at, share=0.5) for at in ((0, 0), (0, 1), (1, 0.5))]
    assert [(cut[0, 0] // 4).tolist() for cut in seen] == [[0, 0], [0, 20], [20, 10]]
    assert [(cut[-1, -1] // 4).tolist() for cut in seen] == [[19, 19], [19, 39], [39, 29]]
    larger = resize(place, (10, 10), crop=True, at=(1, 1), share=0.5).astype(int)  # of 20x20 pixels
    assert np.abs(larger[5, 5] / 4 - (20 + 10.5)).max() <= 0.5


def test_a_patch_is_a_window_of_the_pixels_themselves():
    image = np.arange(60, dtype=np.uint8).reshape(6, 10, 1)
    for at, (top, left) in {(0.0, 0.0): (0, 0), (0.5, 0.99): (1, 6), (1.0, 0.3): (2, 2)}.items():
        np.testing.assert_array_equal(patch(image, (4, 4), at=at), image[top : top + 4, left : left + 4])
    small = patch(image, (12, 5), at=(0.5, 0.5))  # in which it does not fit
    np.testing.assert_array_equal(small, resize(image, (12, 5), crop=True))


def test_a_shrunken_ramp_is_a_ramp():
    ramp = np.broadcast_to(np.arange(0, 240, 2, dtype=np.uint8), (60, 120))[:, :, None]
    wanted = np.arange(10) * 24 + 11  # means of 12 columns
    assert np.abs(resize(ramp, (5, 10), crop=False)[2, 2:-2, 0] - wanted[2:-2]).max() <= 1


def test_hidden_colours_do_not_bleed():
    image = np.zeros((8, 8, 4), np.uint8)
    image[:, :4] = (255, 0, 0, 0)
    image[:, 4:] = (0, 0, 255, 255)
    small = resize(image, (2, 2), crop=True)
    seen = small[small[:, :, 3] > 64]
    assert len(seen) and (seen[:, 0] == 0).all() and (seen[:, 2] >= 254).all()
