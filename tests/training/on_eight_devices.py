"""Five steps on 1 and on 8 fake devices in every mode, and a checkpoint saved on 8; what came out goes to a .npz file.

python on_eight_devices.py FOLDER
"""

import sys
from functools import partial
from pathlib import Path

import experiments
import jax
import numpy as np
import saved

from gan_jax.config import experiment, schema
from gan_jax.data import loader
from gan_jax.runs.checkpoint import Checkpoints
from gan_jax.sampling.rows import Rows
from gan_jax.training import assembly, parallel
from gan_jax.training import step as steps
from gan_jax.training.summary import bytes_per_device

ALL = (("jit", 1), ("jit", 8), ("pmap", 8), ("shard_map", 8))
GAMES = {
    "sgd": experiments.gan(
        data__flip=True,
        discriminator__network__minibatch_stddev=2,
        discriminator__repeats=2,
        generator__optimizer__learning_rate=0.5,
        discriminator__optimizer__learning_rate=0.1,
    ),
    "adam": experiments.gan(
        generator__optimizer=dict(name="adam", learning_rate=1e-3, eps=1e-5),
        discriminator__optimizer=dict(name="adam", learning_rate=1e-3, eps=1e-5),
    ),
}


class Game:
    """A compiled experiment on some of the devices."""

    def __init__(self, config: dict, mode: str, count: int, shard: str = "none") -> None:
        self.config = schema.resolve_config(config)
        self.data = experiment.make_data(self.config)
        facts = experiment.make_facts(self.data)
        self.devices = parallel.make_devices(mode, jax.devices()[:count], shard)
        turns = assembly.make_turns(self.config)
        self.examples = self.config["batch_size"] * max(turn.repeats for turn in turns.values())
        batch = experiment.example_batch(facts, 8)
        frozen = experiment.make_frozen(self.config, {})
        variables = {name: network.variables for name, network in frozen.items()}
        objective = experiment.make_objective(self.config, facts, frozen=frozen)
        self.init = partial(steps.init, objective, turns, jax.random.key(3), batch, variables)
        name, whole = self.devices.axis_name, self.devices.whole
        step = assembly.make_step(self.config, facts, name, frozen=frozen, whole=whole)
        self.run = self.devices.compile(
            parallel.make_run(step, self.data.flipped, self.devices.axis_name), jax.eval_shape(self.init)
        )
        self.resident = self.devices.replicate(self.data.arrays())

    def play(self, state, count: int):
        begin = int(state.step)
        batches = loader.batches(self.data, seed=3, start_step=begin, examples_per_step=self.examples)
        for _ in range(count):
            state, report = self.run(state, self.devices.put_batches([next(batches)]), self.resident)
            self.unlike = np.asarray(report.unlike)
        return state, np.asarray(report.means)


def numbers(state) -> dict[str, np.ndarray]:
    return saved.arrays({"players": state.players, "ema": state.ema})


def layouts(folder: Path) -> dict[str, np.ndarray]:
    """The same five steps with nothing split up, with the optimizer and all; each goes on in another layout."""
    found = {}

    def keep(name: str, arrays: dict[str, np.ndarray]) -> None:
        found.update({f"{name}:{key}": x for key, x in arrays.items()})

    games = {shard: Game(GAMES["adam"], "jit", 8, shard) for shard in ("none", "optimizer", "state")}
    for shard, game in games.items():
        state, means = game.play(game.devices.once(game.init), 5)
        keep(f"shard {shard}", numbers(state) | {"metrics": means})
        parts = {
            "parameters": [player.variables for player in state.players.values()],
            "optimizer": [player.opt_state for player in state.players.values()],
            "average": state.ema,
        }
        keep(f"bytes {shard}", {part: np.array(held(tree)) for part, tree in parts.items()})
        told = bytes_per_device(state, game.devices.shardings(state))
        keep(f"told {shard}", {part: np.array(told[part]) for part in parts})
        keep(f"sampled {shard}", saved.arrays(Rows().put(state.ema)))
        with Checkpoints(folder / shard) as checkpoints:
            checkpoints.save(state, {})
        keep(f"on {shard}", numbers(game.play(state, 1)[0]))
    for old, new in (("none", "optimizer"), ("optimizer", "state"), ("state", "none")):
        game = games[new]
        with Checkpoints(folder / old, read_only=True) as checkpoints:
            state = checkpoints.restore_latest(game.devices.template(jax.eval_shape(game.init))).state
        keep(f"{old} as {new}", numbers(state))
        keep(f"on {old} as {new}", numbers(game.play(state, 1)[0]))
    return found


def held(tree) -> int:
    """Bytes on one of the devices."""
    return sum(x.addressable_shards[3].data.nbytes for x in jax.tree.leaves(tree))


def main(folder: Path) -> None:
    assert jax.device_count() == 8
    parallel.SMALLEST = 64  # so that arrays of small networks are split
    found = {}

    def keep(name: str, state, means=None) -> None:
        found.update({f"{name}:{key}": x for key, x in numbers(state).items()})
        if means is not None:
            found[f"{name}:metrics"] = means

    for game_name, config in GAMES.items():
        for mode, count in ALL if game_name == "sgd" else (ALL[0], ALL[-1]):
            game = Game(config, mode, count)
            start = game.devices.once(game.init)
            keep(f"{game_name}:start", start)
            state, means = game.play(start, 5)
            keep(f"{game_name}:{mode}{count}", state, means)
            if mode == "jit" and game_name == "sgd" and count == 8:
                with Checkpoints(folder) as checkpoints:
                    checkpoints.save(state, {})
                state, _ = game.play(state, 1)
                keep("resumed:8", state)

    found.update(layouts(folder))
    for count in (1, 2, 4):
        game = Game(GAMES["sgd"], "jit", count)
        with Checkpoints(folder, read_only=True) as checkpoints:
            template = game.devices.template(jax.eval_shape(game.init))
            restored = checkpoints.restore_latest(template).state
        keep(f"restored:{count}", restored)
        if count == 2:
            state, _ = game.play(restored, 1)
            keep(f"resumed:{count}", state)
    np.savez(folder / "found.npz", **found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
