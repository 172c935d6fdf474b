"""PSNR and SSIM against closed forms and against windows summed one by one."""

import numpy as np
import pytest

from gan_jax.errors import InputError
from gan_jax.metrics.reconstruction import luma, psnr, ssim


def test_psnr_of_a_known_error():
    a = np.full((3, 6, 5, 3), 100, np.uint8)
    b = a.copy()
    b[1] += 10  # mean squared error 100
    b[2, :3] += 255 - 100  # half of the pixels off by 155
    values = psnr(a, b)
    assert values[0] == np.inf
    np.testing.assert_allclose(values[1:], 10 * np.log10([255**2 / 100, 255**2 / (155**2 / 2)]))


def test_the_border_and_the_colours_can_be_left_out():
    a = np.full((1, 8, 8, 3), 50, np.uint8)
    b = a.copy()
    b[:, 0] = b[:, :, -1] = 255
    assert psnr(a, b)[0] < 20
    assert psnr(a, b, border=1)[0] == np.inf
    black, white = np.zeros((1, 1, 1, 3)), np.full((1, 1, 1, 3), 255.0)
    np.testing.assert_allclose([luma(black).item(), luma(white).item()], [16, 235])
    with pytest.raises(InputError, match="border of 4"):
        ssim(a, b, border=4)


def test_ssim_is_the_sum_over_windows(smooth_images):
    a = smooth_images(1, 13, 14, 3)
    b = np.clip(a + np.random.default_rng(0).normal(0, 20, a.shape), 0, 255).astype(np.uint8)
    offset = np.arange(-5, 6)
    window = np.exp(-(offset[:, None] ** 2 + offset**2) / 4.5)
    window /= window.sum()
    total = []
    for channel in range(3):
        for top in range(3):
            for left in range(4):
                x, y = (z[0, top : top + 11, left : left + 11, channel].astype(float) for z in (a, b))
                mx, my = (window * x).sum(), (window * y).sum()
                vx, vy = (window * (x - mx) ** 2).sum(), (window * (y - my) ** 2).sum()
                cov = (window * (x - mx) * (y - my)).sum()
                c1, c2 = 6.5025, 58.5225
                total.append((2 * mx * my + c1) * (2 * cov + c2) / (mx**2 + my**2 + c1) / (vx + vy + c2))
    np.testing.assert_allclose(ssim(a, b), [np.mean(total)], rtol=1e-10)
    np.testing.assert_allclose(ssim(a, a), [1])


@pytest.mark.parametrize(("levels", "decibels"), [(1, 48.1308), (10, 28.1308)])
def test_an_error_of_so_many_levels_in_all_channels(levels, decibels):
    a = np.full((1, 4, 4, 3), 100, np.uint8)
    assert psnr(a, a + np.uint8(levels))[0] == pytest.approx(decibels, abs=1e-4)
    in_luma = psnr(a, a + np.uint8(levels), plane="luma")[0]
    assert in_luma - decibels == pytest.approx(20 * np.log10(255 / 219), abs=1e-4)


def test_luma_is_that_of_studio_video():
    colours = 255.0 * np.array([[1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]])[None, None]
    np.testing.assert_allclose(luma(colours).ravel(), [235, 81.481, 144.553, 40.966])


def test_ssim_of_constant_images_is_the_luminance_term():
    dark, light = np.full((1, 11, 11, 1), 100, np.uint8), np.full((1, 11, 11, 1), 110, np.uint8)
    np.testing.assert_allclose(ssim(dark, light), [0.9954764], atol=1e-7)
    a, b = np.full((1, 11, 11, 1), 100, np.uint8), np.full((1, 11, 11, 1), 150, np.uint8)
    expected = (2 * 100 * 150 + 6.5025) / (100**2 + 150**2 + 6.5025)
    np.testing.assert_allclose(ssim(a, b), [expected])


def test_too_small_for_the_window():
    small = np.zeros((1, 10, 30, 1), np.uint8)
    with pytest.raises(InputError, match="window of 11"):
        ssim(small, small)
