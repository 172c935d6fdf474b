"""What commands will write is tried before they compute anything for it."""

import numpy as np
import pytest

from gan_jax import command
from gan_jax.commands import own_networks, plots, tower
from gan_jax.config import files
from gan_jax.data.sprite_factors import read
from gan_jax.errors import InputError
from gan_jax.training import curves


def test_a_picture_that_cannot_be_drawn(tmp_path, monkeypatch):
    plots.check(tmp_path / "new" / "plot.svg", "--plot")
    plots.check(tmp_path / "near.PNG", "--gallery", (".png",))
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()
    for out, message in (
        (tmp_path / "plot.txt", r"--plot=.*plot.txt: a picture is a file .png, .pdf, .svg"),
        (tmp_path / "folder.png", "--plot=.*folder.png is a folder: name a file"),
        (tmp_path / "file" / "plot.png", "--plot=.*file is a file"),
    ):
        with pytest.raises(InputError, match=message):
            plots.check(out, "--plot")
    monkeypatch.setattr(curves, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'gan-jax\[plots\]'"):
        plots.check(tmp_path / "plot.png", "--plot")
    plots.check(tmp_path / "near.png", "--gallery", (".png",))  # for which matplotlib is not asked


def test_a_file_of_results_that_is_a_folder(tmp_path):
    with pytest.raises(InputError, match=r"--out=.* is a folder: name a file"):
        command.check_file(tmp_path)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--seed=-1"], "--seed=-1 should be from 0 to 4294967295"),
        (["--steps=0"], "--steps=0 should be at least 1"),
        (["--out=."], r"--out=\. is a folder: name a file"),
        ([], "Say what to train on: --config=NAME"),
    ],
)
def test_a_network_of_ones_own_is_refused_before_its_data_are_read(arguments, message):
    data = ["--config=text_sprites"] if "--steps=0" in arguments else []
    with pytest.raises(InputError, match=message):
        tower.main([*data, *arguments])


def test_too_few_examples_to_hold_a_tenth_out():
    assert own_networks.held_out(20, 0).sum() == 2
    with pytest.raises(InputError, match=r"data\.source has 19 examples"):
        own_networks.held_out(19, 0)


def test_a_config_of_a_run_that_is_not_there():
    assert files.of_run("runs/dcgan") == files.load("dcgan")
    with pytest.raises(InputError, match=r"nowhere holds no run, for there is no file .*: name the folder of a run"):
        files.of_run("nowhere")


@pytest.mark.filterwarnings("error")
def test_a_picture_of_its_ground_alone_shows_no_shape():
    found = read(np.full((1, 16, 16, 3), (200, 20, 20), np.uint8), np.ones((16, 1, 1)))
    assert np.isnan([found[name][0] for name in ("hue", "x", "y")]).all()
    assert abs(found["background"][0]) < 0.01
