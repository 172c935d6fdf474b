"""Run-time checks of every jaxtyping signature in the package, throughout the tests; and trained runs to share."""

import os
from functools import partial
from pathlib import Path

import pytest
from jaxtyping import install_import_hook

# A program is compiled once for all tests, the processes that they start, and the next time. JAX reads these at import.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / ".pytest_cache" / "compiled"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")

install_import_hook("gan_jax", "typechecker.check")


@pytest.fixture(scope="session")
def gan_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of `experiments.gan`: six classes, 8x8 RGB, checkpoints at steps 2 and 4."""
    import experiments

    from gan_jax.training import loop

    workdir = tmp_path_factory.mktemp("runs") / "gan"
    fast = dict(name="adam", learning_rate=0.1)  # so that four steps lead to images of many colours
    config = experiments.gan(steps=4, checkpoint=dict(every=2), report=dict(samples=12), generator__optimizer=fast)
    assert loop.run(config, workdir) == 0
    return workdir


@pytest.fixture(scope="session")
def vae_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of `experiments.vae`, unconditional, 8x8 RGB, that has not made a step yet."""
    import experiments
    import jax

    from gan_jax import config as configs
    from gan_jax import experiment, schema
    from gan_jax.training import step
    from gan_jax.training.checkpoint import Checkpoints

    workdir = tmp_path_factory.mktemp("runs") / "vae"
    config = schema.resolve_config(experiments.vae())
    facts = experiment.make_facts(experiment.make_data(config))
    batch = experiment.example_batch(facts, 1)
    init = partial(step.init, experiment.make_objective(config, facts), experiment.make_turns(config))
    state = jax.jit(init)(jax.random.key(0), batch)
    with Checkpoints(workdir) as checkpoints:
        checkpoints.save(state, {"config": config, "facts": facts}, {})
    (workdir / "config.json").write_text(configs.to_json(config))
    return workdir
