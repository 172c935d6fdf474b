from pathlib import Path

import commands
import jax
import numpy as np
import pytest

from gan_jax.runs.checkpoint import Checkpoints
from gan_jax.training import parallel

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
