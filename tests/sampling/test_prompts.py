"""A model that is asked with text: by the script, and from Python."""

import experiments
import numpy as np
import pytest
from conftest import begun
from PIL import Image

from gan_jax.commands import sample
from gan_jax.errors import InputError
from gan_jax.sampling.load import load


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return begun(experiments.captioned(), tmp_path_factory.mktemp("runs") / "captioned")


def test_prompts_are_a_condition_and_stand_in_the_files(run, tmp_path):
    (tmp_path / "prompts.txt").write_text("a red circle\n\nA blue star on green\n")
    asked = [f"--workdir={run}", "--condition", f"text={tmp_path / 'prompts.txt'}"]
    assert sample.main([*asked, "--seeds=0-5", f"--out={tmp_path / 'a.npz'}"]) == 0
    with np.load(tmp_path / "a.npz") as file:
        assert file["text"].tolist() == ["a red circle", "a blue star on green"] * 3
        images = file["images"]
    sampler = load(run)
    np.testing.assert_array_equal(sampler([0, 2], {"text": "a red circle"}), images[[0, 2]])
    np.testing.assert_array_equal(sampler([0, 1], {"text": ["a red circle", "a blue star on green"]}), images[:2])
    sample.main([*asked, "--seeds=0-5", f"--out={tmp_path / 'grid.png'}"])
    with Image.open(tmp_path / "grid.png") as grid:
        assert grid.text["text"] == "a red circle; a blue star on green"
        assert grid.size == (3 * 66 - 2, 2 * 66 - 2)  # a row for each prompt
    sample.main([f"--workdir={run}", "--seeds=3", f"--out={tmp_path / 'png'}"])
    with Image.open(next((tmp_path / "png").glob("*.png"))) as image:
        assert image.text["text"] == sampler.data.source.text(3)


def test_what_is_no_prompt_is_told(run, tmp_path):
    (tmp_path / "none.txt").write_text("\n")
    for text, message in (
        ("a red hexagon", r"no word 'hexagon'"),
        (" ", r"is empty"),
        (" ".join(["red"] * 21), r"21 tokens .*there is room for 20"),
        (f"{tmp_path / 'none.txt'}", r"has no prompts"),
        (f"{tmp_path / 'gone.txt'}", r"cannot be read"),
    ):
        with pytest.raises(InputError, match=message):
            sample.main([f"--workdir={run}", "--condition", f"text={text}", f"--out={tmp_path / 'b.npz'}"])
    with pytest.raises(InputError, match=r"condition\.text.*no word 'hexagon'"):
        load(run)([0], {"text": "a hexagon"})
