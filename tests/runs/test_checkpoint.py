import logging
import re
import shutil
from pathlib import Path

import experiments
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import saved
from PIL import Image

from gan_jax.errors import InputError
from gan_jax.runs.checkpoint import Checkpoints
from gan_jax.runs.digests import of_arrays as digest
from gan_jax.training import loop, parallel
from gan_jax.types import Player, TrainState, Variables

ROOT = Path(__file__).parents[2]


def state_of(step: int) -> TrainState:
    """A small state with every kind of leaf, other values at every step."""

    def variables(seed: int) -> Variables:
        numbers = np.random.default_rng(seed).normal(size=(40, 50)).astype(np.float32)
        return Variables({"kernel": jnp.asarray(numbers)}, {"mean": jnp.asarray(numbers[0], jnp.bfloat16)})

    player = Player(variables(step), {"count": jnp.int32(step), "mu": {"kernel": jnp.ones((3, 4))}})
    return TrainState(
        step=jnp.int32(step),
        key=jax.random.key(7),
        players={"generator": player},
        ema={"generator": variables(100 + step)},
        frozen={},
        carry={"generator": {"pool": jnp.full((2, 2), step, jnp.uint8), "full": jnp.array(True)}},
        skipped={"generator": jnp.int32(0)},
    )


def assert_identical(a: TrainState, b: TrainState) -> None:
    saved.assert_identical(*(saved.arrays(s.replace(key=jax.random.key_data(s.key))) for s in (a, b)))


def template() -> TrainState:
    return parallel.make_devices().template(jax.eval_shape(lambda: state_of(0)))


@pytest.fixture
def run(three: Path, tmp_path: Path) -> Path:
    """A folder of one's own with checkpoints of steps 1, 2 and 3."""
    return shutil.copytree(three, tmp_path / "run")


@pytest.fixture(scope="module")
def three(tmp_path_factory) -> Path:
    workdir = tmp_path_factory.mktemp("three")
    with Checkpoints(workdir, keep=5) as checkpoints:
        for step in (1, 2, 3):
            checkpoints.save(state_of(step), {"config": {"seed": 7}})
    return workdir


def restore(workdir: Path):
    with Checkpoints(workdir, keep=5) as checkpoints:
        return checkpoints.restore_latest(template())


def test_what_is_restored_is_what_was_saved(run):
    restored = restore(run)
    assert restored.step == 3
    assert_identical(restored.state, state_of(3))
    assert restored.description["config"] == {"seed": 7}


def test_nothing_to_restore(tmp_path):
    assert restore(tmp_path) is None


def largest_file(workdir: Path, step: int, item: str) -> Path:
    files = [f for f in (workdir / "checkpoints" / str(step) / item).rglob("*") if f.is_file() and f.parent.name == "d"]
    return max(files, key=lambda f: f.stat().st_size)


def flip_bytes(workdir: Path, step: int) -> None:
    file = largest_file(workdir, step, "train")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def flip_average(workdir: Path, step: int) -> None:
    file = largest_file(workdir, step, "ema")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def truncate(workdir: Path, step: int) -> None:
    file = largest_file(workdir, step, "train")
    file.write_bytes(file.read_bytes()[:100])


def delete_item(workdir: Path, step: int) -> None:
    shutil.rmtree(workdir / "checkpoints" / str(step) / "ema")


def delete_config(workdir: Path, step: int) -> None:
    shutil.rmtree(workdir / "checkpoints" / str(step) / "config")


def garble_config(workdir: Path, step: int) -> None:
    (workdir / "checkpoints" / str(step) / "config" / "metadata").write_text("{")


@pytest.mark.parametrize("damage", [flip_bytes, flip_average, truncate, delete_item, delete_config, garble_config])
def test_a_damaged_checkpoint_is_reported_and_set_aside(run, damage, caplog):
    damage(run, 3)
    with caplog.at_level(logging.WARNING):
        restored = restore(run)
    assert restored.step == 2
    assert_identical(restored.state, state_of(2))
    assert "Checkpoint 3 cannot be restored: " in caplog.text
    assert re.search(r"Checkpoint 3 was moved to .*/damaged/3", caplog.text)
    with Checkpoints(run, keep=5) as checkpoints:
        assert checkpoints.steps == [1, 2]
        checkpoints.save(state_of(3), {})  # the run comes by this step again,
    damage(run, 3)  # and bad luck too
    assert restore(run).step == 2
    assert len(list((run / "damaged").iterdir())) == 2


def test_all_damaged(run):
    for step in (1, 2, 3):
        truncate(run, step)
    with pytest.raises(InputError, match=r"none of the checkpoints \[1, 2, 3\] can be restored"):
        restore(run)
    assert not (run / "damaged").exists()  # nothing was touched


def test_the_newest_and_the_best_are_kept(tmp_path):
    scores = {1: 5.0, 2: 1.0, 3: 4.0, 4: 3.0, 5: 2.0}
    for best, kept, name in (("", [4, 5], "none"), ("fd", [2, 4, 5], "lowest"), ("-fd", [1, 4, 5], "highest")):
        with Checkpoints(tmp_path / name, keep=2, best=best) as checkpoints:
            for step, score in scores.items():
                checkpoints.save(state_of(step), {})
                checkpoints.scores.add(step, "a", {"fd": score if step != 3 else np.nan})
        with Checkpoints(tmp_path / name, keep=2, best=best, read_only=True) as checkpoints:
            assert checkpoints.steps == kept
            if best:
                assert checkpoints.best_step() == kept[0]


def test_no_value_of_the_metric(run):
    with (
        Checkpoints(run, best="kid", read_only=True) as checkpoints,
        pytest.raises(InputError, match=r"no checkpoint has a value of checkpoint\.best = 'kid'"),
    ):
        checkpoints.best_step()


def test_digest_sees_bits_and_places():
    numbers = np.random.default_rng(0).normal(size=(300, 20)).astype(np.float32)  # on the device, and the rest here
    tree = {"a": numbers, "b": {"c": np.arange(6, dtype=np.int32), "d": np.zeros(4, np.float32)}}

    def changed(path: str, change) -> str:
        copy = {"a": tree["a"].copy(), "b": {name: x.copy() for name, x in tree["b"].items()}}
        array = copy["a"] if path == "a" else copy["b"][path]
        change(array)
        return digest(jax.tree.map(jnp.asarray, copy))

    def flip_bit(place: int, bit: int):
        def change(array):
            array.reshape(-1).view(np.uint32)[place] ^= np.uint32(1 << bit)

        return change

    def swap(array):
        array[[0, 1]] = array[[1, 0]]

    original = digest(jax.tree.map(jnp.asarray, tree))
    assert changed("a", lambda array: None) == original == digest(tree)
    digests = [changed("a", flip_bit(place, bit)) for place in (0, 3110, 5999) for bit in (0, 9, 22, 31)]
    digests += [changed("d", flip_bit(0, 31)), changed("c", swap), changed("a", swap)]  # d: zero becomes minus zero
    moved = {"a": tree["a"], "b": {"c": tree["b"]["c"], "e": tree["b"]["d"]}}
    reshaped = {"a": tree["a"], "b": {"c": tree["b"]["c"], "d": np.zeros(5, np.float32)}}
    digests += [digest(jax.tree.map(jnp.asarray, other)) for other in (moved, reshaped)]
    assert len({original, *digests}) == 1 + len(digests)


@pytest.fixture(scope="module")
def six_steps(tmp_path_factory) -> tuple[Path, Path]:
    """The folders of six steps in one go, and of three and three with a restart between."""
    config = experiments.gan(
        checkpoint=dict(every=3),
        report=dict(samples=6, samples_every=6),
        data__flip=True,
        generator__optimizer=dict(name="adam", learning_rate=0.05),
    )
    once, twice = (tmp_path_factory.mktemp(name) for name in ("once", "twice"))
    assert loop.run(config, once) == 0
    assert loop.run({**config, "steps": 3}, twice) == 0
    assert loop.run(config, twice) == 0
    return once, twice


def test_six_steps_are_three_and_three(six_steps):
    (once_three, once_six), (twice_three, twice_six) = (saved.states(workdir, 3, 6) for workdir in six_steps)
    saved.assert_identical(once_three, twice_three)
    saved.assert_identical(once_six, twice_six)
    assert once_six[".step"] == 6
    assert any((once_three[key] != once_six[key]).any() for key in once_six if "params" in key)
    once, twice = (np.asarray(Image.open(workdir / "samples" / "step_00000006.png")) for workdir in six_steps)
    np.testing.assert_array_equal(once, twice)
    assert once.std() > 1


def test_no_pickle_anywhere():
    pattern = r"(import|from) (pickle|cloudpickle|dill|joblib)\b|\bpickle\.|allow_pickle=True|weights_only=False"
    pattern += r"|np\.load\((?!.*allow_pickle=False)|(?<!export )\.dump\(|torch\.load\((?!.*weights_only=True)"
    files = [*(ROOT / "gan_jax").rglob("*.py"), *ROOT.glob("*.py"), *(ROOT / "configs").glob("*.py")]
    lines = [(file.name, line.strip()) for file in files for line in file.read_text().splitlines()]
    assert [found for found in lines if re.search(pattern, found[1])] == []
    assert len(lines) > 1000
