"""Five steps on 1 and on 8 fake devices in every mode, and a checkpoint saved on 8; what came out goes to a .npz file.

python on_eight_devices.py FOLDER
"""

import sys
from functools import partial
from pathlib import Path

import experiments
import jax
import numpy as np

from gan_jax.config import experiment, schema
from gan_jax.data import loader
from gan_jax.runs.checkpoint import Checkpoints
from gan_jax.training import assembly, parallel
from gan_jax.training import step as steps

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

    def __init__(self, config: dict, mode: str, count: int) -> None:
        self.config = schema.resolve_config(config)
        self.data = experiment.make_data(self.config)
        facts = experiment.make_facts(self.data)
        self.devices = parallel.make_devices(mode, jax.devices()[:count])
        turns = assembly.make_turns(self.config)
        self.examples = self.config["batch_size"] * max(turn.repeats for turn in turns.values())
        batch = experiment.example_batch(facts, 8)
        self.init = partial(steps.init, experiment.make_objective(self.config, facts), turns, jax.random.key(3), batch)
        step = assembly.make_step(self.config, facts, self.devices.axis_name)
        self.run = self.devices.compile(parallel.make_run(step, self.data.flipped), jax.eval_shape(self.init))
        self.resident = self.devices.replicate(self.data.arrays())

    def play(self, state, count: int):
        begin = int(state.step)
        batches = loader.batches(self.data, seed=3, start_step=begin, examples_per_step=self.examples)
        for _ in range(count):
            state, report = self.run(state, self.devices.put_batches([next(batches)]), self.resident)
        return state, np.asarray(report.means)


def numbers(state) -> dict[str, np.ndarray]:
    tree = {"players": state.players, "ema": state.ema}
    return {jax.tree_util.keystr(path): np.asarray(x) for path, x in jax.tree_util.tree_leaves_with_path(tree)}


def main(folder: Path) -> None:
    assert jax.device_count() == 8
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
                    checkpoints.save(state, {}, {})
                state, _ = game.play(state, 1)
                keep("resumed:8", state)

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
