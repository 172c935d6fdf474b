"""What commands that train a network for metrics refuse, before they train."""

import numpy as np
import pytest

from gan_jax.commands import classifier, tower
from gan_jax.errors import InputError

WORDS = "--config.data.tokenizer=words"
STRINGS = "--config.data.source.columns=(('text', 'captions'),)"


@pytest.fixture
def sets(tmp_path):
    def write(count, captions):
        images = np.zeros((count, 8, 8, 1), np.uint8)
        np.savez(tmp_path / f"{count}.npz", images=images, labels=np.arange(count) % 2, captions=captions)

    write(19, [f"number {i}" for i in range(19)])
    write(40, ["a dog"] * 40)
    return tmp_path


@pytest.mark.parametrize(
    ("main", "arguments", "message"),
    [
        (tower.main, ["19", WORDS], "data.source has 19 examples, and a tenth is held out: give 20 at least"),
        (tower.main, ["40", WORDS], "The 4 held-out captions are all 'a dog'"),
        (tower.main, ["40", WORDS, "--steps=0"], "--steps=0 should be at least 1"),
        (tower.main, ["40", WORDS, "--out={folder}"], "--out=.* is a folder: name a file"),
        (classifier.main, ["19"], "give 20 at least"),
        (classifier.main, ["19", STRINGS, WORDS, "--config.data.derive.source=grey"], "give 20 at least"),
        (classifier.main, ["40", "--config.test.source=fil"], r"test\.source\.name = 'fil'"),
        (classifier.main, ["40", "--epochs=-1"], "--epochs=-1 should be 0 or more"),
        (classifier.main, ["40", "--seed=-1"], "--seed=-1 should be from 0 to"),
        (classifier.main, ["40", "--out={folder}/40.npz/a.npz"], "40.npz is a file"),
    ],
)
def test_what_cannot_be_trained_on_is_refused(sets, main, arguments, message):
    number, *more = arguments
    columns = [STRINGS] if main is tower.main else []
    data = ["--config.data.source.name=npz", f"--config.data.source.path={sets / number}.npz", *columns]
    with pytest.raises(InputError, match=message):
        main([f"--out={sets / 'network.npz'}", *data, *(word.format(folder=sets) for word in more)])
