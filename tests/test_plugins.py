"""What a fork adds, from a folder of its own: no file of the package is edited."""

import json

import commands

PARTS = {
    "my_lab/__init__.py": "",
    "my_lab/losses.py": """
import jax.numpy as jnp


def dark(view, *, target: float = -1.0):
    \"\"\"Pulls generated images to a brightness.\"\"\"
    return jnp.square(view.fake.mean((1, 2, 3)) - target)


def steepness(view):
    \"\"\"A column of the data's own, as it is.\"\"\"
    return view.batch["steepness"][:, 0]
""",
    "my_lab/nets.py": """
import flax.linen as nn
import jax.numpy as jnp


class Generator(nn.Module):
    \"\"\"One dense layer.\"\"\"

    image_shape: tuple[int, int, int]
    num_classes: int = 0
    gain: float = 1.0

    @nn.compact
    def __call__(self, latent, label=None, *, train: bool):
        height, width, channels = self.image_shape
        x = nn.Dense(height * width * channels)(self.gain * latent)
        return jnp.tanh(x).reshape(-1, height, width, channels)
""",
    "my_lab/data.py": """
import numpy as np


class Ramps:
    def __init__(self, count: int, side: int = 8):
        self.count, self.side = count, side

    def __len__(self):
        return self.count

    def __getitem__(self, i):
        ramp = np.linspace(0, 2 * i, self.side).astype(np.uint8)
        image = np.broadcast_to(ramp[:, None], (self.side, self.side, 1)).copy()
        return {"image": image, "steepness": np.float32([2 * i])}
""",
    "my_lab/schedules.py": """
def inverse_square_root(peak: float, warmup: int = 10):
    return lambda step: peak * (1 + step / warmup) ** -0.5
""",
    "my_lab/optimizers.py": """
import optax


def signed(learning_rate: optax.ScalarOrSchedule) -> optax.GradientTransformation:
    return optax.chain(optax.scale_by_sign(), optax.scale_by_learning_rate(learning_rate))
""",
    "my_lab/metrics.py": """
def brightness(sampler, data, *, num_images: int = 8):
    return {"": float(sampler(range(num_images)).mean())}
""",
    "mine.py": """
def get_config():
    adversarial = dict(name="hinge")
    return dict(
        steps=4,
        batch_size=8,
        data=dict(source=dict(name="my_lab.data:Ramps", count=32)),
        objective=dict(name="gan", latent_size=4),
        generator=dict(
            network=dict(name="my_lab.nets:Generator", gain=0.5),
            optimizer=dict(name="my_lab.optimizers:signed",
                           learning_rate=dict(name="my_lab.schedules:inverse_square_root", peak=0.1)),
            losses=dict(adversarial=adversarial, dark=dict(name="my_lab.losses:dark", weight=3.0)),
        ),
        discriminator=dict(
            network=dict(name="dcgan.Discriminator", width=4),
            optimizer=dict(name="adam", learning_rate=1e-3),
            losses=dict(adversarial=adversarial, steepness=dict(name="my_lab.losses:steepness")),
        ),
        evals=dict(brightness=dict(name="my_lab.metrics:brightness", every=2)),
        report=dict(every=1, samples=4),
    )
""",
}
OBJECTIVE = {
    "regression.py": """
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp

from gan_jax import rng
from gan_jax.images import from_uint8
from gan_jax.losses import combine
from gan_jax.losses.views import View, common_fields
from gan_jax.types import Draw, Facts, Objective, Out, Role


def make(painter: Role, facts: Facts, *, latent_size: int = 2) -> Objective:
    network = painter.network(num_classes=0)

    def init(key, batch):
        noise = jnp.zeros((batch["image"].shape[0], latent_size))
        return {"painter": network.init(key, noise, None)}, {"painter": combine.initial_carry(painter.terms)}

    def latent(keys):
        return jnp.ones((keys.shape[0], latent_size))

    def loss(params, state, batch, key):
        variables = state.players["painter"].variables._replace(params=params)
        keys = rng.per_example(key, batch["position"])
        painted, network_state = network.apply(variables, latent(keys), None, train=True)

        common = common_fields(facts, state, batch, key, params)
        view = PaintingView(real=from_uint8(batch["image"]), painted=painted, **common)
        memory = state.carry["painter"]
        total, carry, metrics = combine.total("painter", painter.terms, view, state.step, memory)
        return total, Out(network_state, carry, metrics)

    def sample(variables, latent, condition):
        return network.apply(variables["painter"], latent, None)[0]

    return Objective(init, {"painter": loss}, averaged=("painter",), draws={"image": Draw(sample, latent)})


@dataclass(frozen=True, kw_only=True)
class PaintingView(View):
    real: Any
    painted: Any


def squared(view):
    return jnp.square(view.real - view.painted).mean((1, 2, 3))
""",
    "mine.py": """
def get_config():
    return dict(
        steps=4,
        batch_size=8,
        data=dict(source=dict(name="my_lab.data:Ramps", count=32)),
        objective=dict(name="regression:make"),
        painter=dict(
            network=dict(name="my_lab.nets:Generator"),
            optimizer=dict(name="adam", learning_rate=0.05),
            losses=dict(squared=dict(name="regression:squared")),
        ),
        report=dict(every=1, samples=4),
    )
""",
}


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def lines(workdir):
    return [json.loads(line) for line in (workdir / "metrics.jsonl").open()]


def test_everything_from_a_folder_on_the_path(tmp_path):
    write(tmp_path / "lab", PARTS)
    path = f"{tmp_path / 'lab'}:{commands.ROOT}"
    commands.train(tmp_path / "run", config=tmp_path / "lab" / "mine.py", cwd=tmp_path, PYTHONPATH=path)
    first, *_, last = lines(tmp_path / "run")
    assert last["generator/dark"] < first["generator/dark"]
    assert 0 < last["brightness"] < 255
    steepness = [line["discriminator/steepness"] for line in lines(tmp_path / "run")]
    assert sum(steepness) == sum(range(0, 64, 2)) / 8  # the means of four batches of 8, each of the 32 examples once


def test_an_objective_from_the_current_folder(tmp_path):
    write(tmp_path, PARTS | OBJECTIVE)
    commands.train(tmp_path / "run", config="mine.py", cwd=tmp_path, PYTHONPATH=str(commands.ROOT))
    first, *_, last = lines(tmp_path / "run")
    assert last["painter/squared"] < first["painter/squared"]
    assert (tmp_path / "run" / "samples" / "step_00000004.png").is_file()
