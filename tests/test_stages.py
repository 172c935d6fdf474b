"""Stages: the objective is built anew at a boundary, and nothing else notices."""

import json

import experiments
import flax.linen as nn
import jax.numpy as jnp
import numpy as np
import pytest
import saved

import gan_jax
from gan_jax.errors import InputError
from gan_jax.training import loop


class Brighter(nn.Module):
    """Images as bright as the stage: -1, -0.5, 0, whatever is learned."""

    image_shape: tuple[int, ...]
    stage: int
    num_classes: int = 0

    @nn.compact
    def __call__(self, latent, label=None, *, train: bool):
        scale = self.param("scale", nn.initializers.ones, (latent.shape[-1],))
        shade = 1e-3 * jnp.tanh((latent * scale).mean(-1))
        return jnp.broadcast_to(shade[:, None, None, None], (len(latent), *self.image_shape)) + 0.5 * self.stage - 1


class Growing(nn.Module):
    """A network whose parameters depend on the stage, which they may not."""

    image_shape: tuple[int, ...]
    stage: int
    num_classes: int = 0

    @nn.compact
    def __call__(self, latent, label=None, *, train: bool):
        return jnp.tanh(nn.Dense(int(np.prod(self.image_shape)), name=f"stage_{self.stage}")(latent)).reshape(
            -1, *self.image_shape
        )


def brightness(sampler, data):
    return {"": float(sampler(range(4)).mean())}


def config(network="Brighter", **changes):
    return experiments.gan(
        stages=(2, 4),
        steps=6,
        evals=dict(brightness=dict(name="test_stages:brightness", every=0)),
        generator__network=dict(name=f"test_stages:{network}"),
        generator__optimizer=dict(name="adam", learning_rate=0.1),
        checkpoint=dict(every=1, keep=9),
        report=dict(samples_every=50, samples=6),
        **changes,
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("staged") / "run"
    assert loop.run(config(parallel=dict(steps_per_call=3)), workdir) == 0
    return workdir


def test_a_checkpoint_draws_with_the_objective_of_its_last_step(run):
    brightness = {step: gan_jax.load(run, step=step)(range(4)).mean() for step in (2, 3, 4, 6)}
    assert [round(value / 127.5 - 1, 1) for value in brightness.values()] == [-1, -0.5, -0.5, 0]


def test_every_finished_stage_is_shown(run):
    assert [file.stem for file in sorted((run / "samples").iterdir())] == [
        "step_00000002",
        "step_00000004",
        "step_00000006",
    ]


def test_what_is_measured_of_the_last_step_alone_is_not_measured_of_stages(run):
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows if "brightness" in row] == [6]


def test_a_run_stopped_inside_a_stage_ends_where_one_that_never_stopped_does(run, tmp_path):
    again = saved.stopped(run, 3, tmp_path / "again")
    assert loop.run(config(), again) == 0
    saved.assert_identical(*saved.states(run, 6), *saved.states(again, 6))


def test_the_state_is_one_tree_in_every_stage(tmp_path):
    with pytest.raises(InputError, match="the state or the metrics of stage 1 are not those of stage 0"):
        loop.run(config("Growing"), tmp_path)


@pytest.mark.parametrize("stages", [(4, 2), (2, 2), (0, 2)])
def test_stages_rise(stages, tmp_path):
    with pytest.raises(InputError, match=r"stages = .* should be rising numbers of steps"):
        loop.run(config() | {"stages": stages}, tmp_path)
