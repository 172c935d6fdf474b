"""The games of `experiments.GAMES` on two fake devices, in several modes and stopped in the middle.

python on_two_devices.py FOLDER
"""

import sys
from functools import partial
from pathlib import Path

import experiments
import jax
import jax.numpy as jnp
import numpy as np
import saved
from training.on_eight_devices import Game

from gan_jax.config import schema
from gan_jax.runs.checkpoint import Checkpoints

MODES = ("jit", "shard_map", "pmap")
IN_ALL_MODES = ("gan", "vae")  # the others compile what they do on a part of the batch once, under shard_map
STEPS, STOP = 4, 2
# Of parts of others, and slow to compile.
ALIKE = ("cut", "factor_vae", "hierarchical_vae", "progressive", "vae_gan", "voxels", "vq_gan", "watermark")
GAMES = {name: make for name, make in experiments.GAMES.items() if name not in ALIKE} | {
    # With memory of two kinds, network state of one more, and a layer that sees groups of examples.
    "gan": partial(
        experiments.gan,
        batch_size=16,
        discriminator__network__normalization="spectral",
        discriminator__network__minibatch_stddev=4,
        discriminator__losses__lecam=dict(name="lecam", weight=0.1),
        discriminator__losses__recent=dict(name="memories:Recent", shape=(8, 8, 3)),
        objective__augment=dict(name="ada", images=200, interval=1, target=-0.5),
    ),
}


def by_gradient(config: dict) -> dict:
    """The same with steps along the gradient, in which a small difference stays small; Adam's are of any size."""
    players = schema.roles_of(schema.resolve_config(config)["objective"])
    return experiments.change(config, {f"{name}__optimizer": dict(name="sgd", learning_rate=0.05) for name in players})


def arrays(state) -> dict[str, np.ndarray]:
    return saved.arrays(state.replace(key=jax.random.key_data(state.key)))


def main(folder: Path) -> None:
    assert jax.device_count() == 2
    found = {}

    def keep(name: str, values: dict[str, np.ndarray]) -> None:
        found.update({f"{name}:{key}": x for key, x in values.items()})

    for name, make in GAMES.items():
        config = by_gradient(make())
        games = {mode: Game(config, mode, 2) for mode in MODES if mode != "pmap" or name in IN_ALL_MODES}
        start = games["jit"].devices.once(games["jit"].init)
        keep(f"{name}:start", arrays(start))
        copied = jax.jit(lambda state: jax.tree.map(jnp.copy, state))
        for mode, game in games.items():
            state, _ = game.play(copied(start), STOP)  # which donates it
            if mode == "jit":
                with Checkpoints(folder / name) as checkpoints:
                    checkpoints.save(state, {})
            state, means = game.play(state, STEPS - STOP)
            keep(f"{name}:{mode}", arrays(state) | {"metrics": means})
            if name == "gan":
                keep(f"unlike:{mode}", {"right": game.unlike})
        game = games["jit"]
        with Checkpoints(folder / name, read_only=True) as checkpoints:
            state = checkpoints.restore_latest(game.devices.template(jax.eval_shape(game.init))).state
        state = state.replace(frozen=start.frozen)
        state, means = game.play(state, STEPS - STOP)
        keep(f"{name}:resumed", arrays(state) | {"metrics": means})
    mistaken = experiments.gan(batch_size=16, discriminator__losses__own=dict(name="memories:Own"))
    for mode in MODES:
        keep(f"unlike:{mode}", {"mistaken": unlike(mistaken, mode)})
    np.savez(folder / "found.npz", **found)


def unlike(config: dict, mode: str) -> np.ndarray:
    """Which players differ between devices after two steps."""
    game = Game(by_gradient(config), mode, 2)
    game.play(game.devices.once(game.init), 2)
    return game.unlike


if __name__ == "__main__":
    main(Path(sys.argv[1]))
