"""What holds for every objective: a new one passes by standing in `experiments.GAMES`."""

from functools import partial
from pathlib import Path

import commands
import experiments
import jax
import numpy as np
import pytest
from on_two_devices import GAMES, IN_ALL_MODES

from gan_jax.config import experiment, schema
from gan_jax.sampling.sampler import Sampler
from gan_jax.training import assembly, parallel
from gan_jax.training import step as steps


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> dict[str, dict[str, np.ndarray]]:
    """The arrays of every state, by the game and what was done."""
    folder = tmp_path_factory.mktemp("contract")
    script = Path(__file__).with_name("on_two_devices.py")
    commands.finish(commands.start(script, folder, devices=2), timeout=600)
    states: dict[str, dict[str, np.ndarray]] = {}
    with np.load(folder / "found.npz", allow_pickle=False) as file:
        for name, x in file.items():
            game, done, leaf = name.split(":", 2)
            states.setdefault(f"{game}:{done}", {})[leaf] = x
    return states


@pytest.mark.parametrize("game", GAMES)
def test_every_player_learns(found, game):
    start, end = found[f"{game}:start"], found[f"{game}:jit"]
    # Of a network that grows the ways in and out of smaller sizes wait for stages that this run has not.
    params = [key for key in start if ".variables.params" in key and "image_0" not in key]
    assert not [key for key in params if (start[key] == end[key]).all()]


@pytest.mark.parametrize(
    "game, mode", [*((game, "shard_map") for game in GAMES), *((game, "pmap") for game in IN_ALL_MODES)]
)
def test_devices_that_see_a_part_each_compute_what_they_do_together(found, game, mode):
    """Parameters, optimizers, averages, network state, memory and metrics."""
    together, apart = found[f"{game}:jit"], found[f"{game}:{mode}"]
    assert together.keys() == apart.keys()
    for key, x in together.items():
        np.testing.assert_allclose(apart[key], x, rtol=1e-4, atol=1e-5, err_msg=key)


@pytest.mark.parametrize("game", GAMES)
def test_a_run_that_stops_goes_on_bit_by_bit(found, game):
    whole, parts = found[f"{game}:jit"], found[f"{game}:resumed"]
    assert whole.keys() == parts.keys()
    for key, x in whole.items():
        assert x.tobytes() == parts[key].tobytes(), key


def test_memory_and_network_state_are_among_what_is_compared(found):
    end = found["gan:jit"]
    memory = {key: x for key, x in end.items() if key.startswith(".carry")}
    assert any("lecam" in key and (x != 0).all() for key, x in memory.items())
    assert any("spectral" in key for key in end) and any("batch_stats" in key for key in end)
    assert any("augment" in key and key.endswith("['p']") and x > 0 for key, x in memory.items())
    [images] = (x for key, x in memory.items() if "images" in key)
    assert len(np.unique(images.reshape(len(images), -1), axis=0)) == len(images)


@pytest.mark.parametrize("mode", ["jit", "shard_map", "pmap"])
def test_what_is_gathered_is_the_whole_batch_in_its_order(found, mode):
    [positions] = (x for key, x in found[f"gan:{mode}"].items() if "positions" in key)
    np.testing.assert_array_equal(positions, range(4, 16))  # the last 12 of 16, 8 on each device


@pytest.mark.parametrize("mode", ["jit", "shard_map", "pmap"])
def test_devices_that_have_come_apart_are_told(found, mode):
    """A term that remembers what one device has seen is alike on all only where there is no telling them apart."""
    told = found[f"unlike:{mode}"]
    assert not told["right"].any()
    assert told["mistaken"].tolist() == ([0, 0] if mode == "jit" else [1, 0])  # discriminator, generator


@pytest.fixture(scope="module", params=sorted(experiments.GAMES))
def model(request) -> Sampler:
    """Of a game that has not begun, in memory."""
    config = schema.resolve_config(experiments.GAMES[request.param]())
    data = experiment.make_data(config)
    facts = experiment.make_facts(data)
    frozen = experiment.make_frozen(config, {})
    objective = experiment.make_objective(config, facts, frozen=frozen)
    init = partial(steps.init, objective, assembly.make_turns(config))
    state = parallel.make_devices().once(init, jax.random.key(3), experiment.example_batch(facts, 4))
    variables = {name: network.variables for name, network in frozen.items()}
    return Sampler(objective, variables | state.ema, facts, lambda: data)


def test_every_draw_is_a_function_of_its_seed(model):
    """Whatever else is drawn, in whatever parts and order; and most seeds give something of their own."""
    seeds = np.arange(40)
    for draw, asked in model.objective.draws.items():
        given = {name: model(seeds, draw=name) for name in asked.given}
        some = {name: x[[33, 5, 33]] for name, x in given.items()}
        whole = model(seeds, given, draw=draw)
        parts = list(model.stream(seeds, given, draw=draw, batch_size=7))
        np.testing.assert_array_equal(np.concatenate(parts), whole)
        np.testing.assert_array_equal(model([33, 5, 33], some, draw=draw), whole[[33, 5, 33]])
        assert len(np.unique(whole.reshape(40, -1), axis=0)) > 20, draw
