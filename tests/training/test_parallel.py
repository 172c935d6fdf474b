from pathlib import Path

import commands
import experiments
import jax
import numpy as np
import pytest

from gan_jax.config import schema
from gan_jax.errors import InputError
from gan_jax.runs.checkpoint import Checkpoints
from gan_jax.training import parallel

OPTIMIZER = ["optimizer", "average"]

Numbers = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("devices")
    script = Path(__file__).with_name("on_eight_devices.py")
    commands.finish(commands.start(script, folder, devices=8), timeout=600)
    return folder


@pytest.fixture(scope="module")
def found(folder) -> dict[str, Numbers]:
    """The numbers of every state, by the name of what made it."""
    states: dict[str, Numbers] = {}
    with np.load(folder / "found.npz", allow_pickle=False) as file:
        for name, x in file.items():
            *state, leaf = name.split(":")
            states.setdefault(":".join(state), {})[leaf] = x
    return states


def difference(a: Numbers, b: Numbers) -> float:
    assert a.keys() == b.keys()
    return max(np.abs(a[key].astype(float) - b[key].astype(float)).max() for key in a)


@pytest.mark.parametrize(
    ("game", "devices", "tolerance"),
    [("sgd", "jit8", 2e-6), ("sgd", "pmap8", 2e-6), ("sgd", "shard_map8", 2e-6), ("adam", "shard_map8", 1e-4)],
)
def test_eight_devices_compute_what_one_does(found, game, devices, tolerance):
    alone, start = dict(found[f"{game}:jit1"]), found[f"{game}:start"]
    params = [key for key in start if ".params" in key]
    assert all(np.abs(alone[key] - start[key]).max() > 1e-3 for key in params)  # there was something to get wrong
    assert any("batch_stats" in key for key in start)
    assert difference(found[f"{game}:{devices}"], alone) < tolerance


@pytest.mark.parametrize("count", [1, 2, 4])
def test_saved_on_eight_devices_restored_on_fewer(found, count):
    saved = {key: x for key, x in found["sgd:jit8"].items() if key != "metrics"}
    assert difference(found[f"restored:{count}"], saved) == 0


def test_a_run_goes_on_with_fewer_devices(found):
    assert difference(found["resumed:2"], found["resumed:8"]) < 2e-6
    assert difference(found["resumed:8"], found["restored:2"]) > 1e-3


def test_saved_on_eight_devices_restored_where_there_is_but_one(folder, found):
    import on_eight_devices

    assert jax.device_count() == 1
    game = on_eight_devices.Game(on_eight_devices.GAMES["sgd"], "jit", 1)
    with Checkpoints(folder, read_only=True) as checkpoints:
        template = parallel.make_devices().template(jax.eval_shape(game.init))
        restored = checkpoints.restore_latest(template)
    assert restored.step == 5
    assert difference(on_eight_devices.numbers(restored.state), found["restored:1"]) == 0


def test_a_split_optimizer_changes_not_one_bit(found):
    whole, split = found["shard none"], found["shard optimizer"]
    assert difference(split, whole) == 0
    assert difference(found["on optimizer"], found["on none"]) == 0
    start = found["adam:start"]
    assert all(np.abs(whole[key] - start[key]).max() > 1e-4 for key in start if ".params" in key)


def test_split_parameters_compute_the_same(found):
    assert difference(found["shard state"], found["shard none"]) < 1e-6


@pytest.mark.parametrize(
    ("shard", "split"), [("none", []), ("optimizer", OPTIMIZER), ("state", ["parameters", *OPTIMIZER])]
)
def test_what_is_split_takes_an_eighth_of_the_memory(found, shard, split):
    whole, parts, told = found["bytes none"], found[f"bytes {shard}"], found[f"told {shard}"]
    assert parts == told
    for part in whole:
        share = parts[part] / whole[part]
        assert share < 0.25 if part in split else share == 1  # small arrays are whole


@pytest.mark.parametrize("shard", ["none", "optimizer", "state"])
def test_samplers_see_the_whole_average(found, shard):
    average = {key: x for key, x in found[f"shard {shard}"].items() if key.startswith("['ema']")}
    assert difference(found[f"sampled {shard}"], {key.removeprefix("['ema']"): x for key, x in average.items()}) == 0


@pytest.mark.parametrize(("old", "new"), [("none", "optimizer"), ("optimizer", "state"), ("state", "none")])
def test_a_run_goes_on_in_another_layout(found, old, new):
    saved = {key: x for key, x in found[f"shard {old}"].items() if key != "metrics"}
    assert difference(found[f"{old} as {new}"], saved) == 0
    assert difference(found[f"on {old} as {new}"], found[f"on {old}"]) < 1e-4
    assert difference(found[f"on {old} as {new}"], saved) > 1e-4


def test_a_split_run_restored_where_there_is_but_one_device(folder, found):
    import on_eight_devices

    game = on_eight_devices.Game(on_eight_devices.GAMES["adam"], "jit", 1)
    with Checkpoints(folder / "state", read_only=True) as checkpoints:
        restored = checkpoints.restore_latest(parallel.make_devices().template(jax.eval_shape(game.init)))
    saved = {key: x for key, x in found["shard state"].items() if key != "metrics"}
    assert difference(on_eight_devices.numbers(restored.state), saved) == 0


def test_only_large_arrays_are_split_along_the_longest_axis_that_divides():
    def split(*shape: int) -> tuple:
        return tuple(parallel._split(shape, 8))

    assert split(128, 128) == ("batch", None)
    assert split(127, 136) == (None, "batch")
    assert split(3, 3, 512, 1024) == (None, None, None, "batch")
    assert split(127, 131) == split(100, 8) == split() == ()  # nothing that divides; too small
    assert tuple(parallel._split((128, 128), 1)) == ()


def test_sharding_wants_jit():
    with pytest.raises(InputError, match=r"parallel.shard = 'state' goes with parallel.mode = 'jit' alone"):
        schema.resolve_config(experiments.gan(parallel=dict(mode="pmap", shard="state")))
