"""Run-time checks of every jaxtyping signature in the package, throughout the tests; and trained runs to share."""

import os
import zlib
from collections.abc import Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from jaxtyping import install_import_hook

# A program is compiled once for all tests, the processes that they start, and the next time. JAX reads these at import.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / ".pytest_cache" / "compiled"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")

# Most of the suite's time is compilation, of programs that run once: in a hurry it takes a third of it. The second flag
# halves that again, and without the third two programs of the same steps would then round differently; XLA ends a
# process that names a flag it does not know, as later versions do not know the second.
HURRY = "--xla_backend_optimization_level=0"
if version("jaxlib").startswith("0.10."):
    HURRY += " --xla_cpu_use_fusion_emitters=false --xla_cpu_max_isa=AVX"
os.environ["XLA_FLAGS"] = f"{HURRY} {os.environ.get('XLA_FLAGS', '')}".strip()

install_import_hook("gan_jax", "typechecker.check")

# The files that take longest, which are begun first: at the end no worker is left alone with one of them.
LONG = (
    *("test_contract", "test_hosts", "test_steering", "test_configs", "test_train_script", "test_never_lost"),
    *("test_sample_script", "test_bgc", "test_networks", "test_biggan", "test_progressive", "test_frozen_and_initial"),
    *("test_parallel", "test_likelihoods", "test_translation_networks", "test_stylegan2", "test_projection"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the tests of LONG files first."""
    items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))


@pytest.fixture(autouse=True, scope="module")
def curves_by_their_tests_alone(request: pytest.FixtureRequest) -> Iterator[None]:
    """A run of a few steps spends a fifth of its time on the picture of its curves."""
    with pytest.MonkeyPatch.context() as patch:
        if request.path.stem not in ("test_curves", "test_command"):
            patch.setattr("gan_jax.training.curves.draw", lambda workdir, out: None)
        yield


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


def begun(config: dict, workdir: Path, drawn: bool = True) -> Path:
    """The folder of a run that has not made a step yet; without `drawn` weights, which take longest, they are 0."""
    import jax
    import jax.numpy as jnp

    from gan_jax.config import experiment, schema
    from gan_jax.config import files as configs
    from gan_jax.runs.checkpoint import Checkpoints
    from gan_jax.training import assembly, step

    config = schema.resolve_config(config)
    facts = experiment.make_facts(experiment.make_data(config))
    batch = experiment.example_batch(facts, 4)
    init = partial(step.init, experiment.make_objective(config, facts), assembly.make_turns(config))
    if drawn:
        state = jax.jit(init)(jax.random.key(0), batch)
    else:
        shapes = jax.eval_shape(init, jax.random.key(0), batch).replace(key=None)
        state = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), shapes).replace(key=jax.random.key(0))
    with Checkpoints(workdir) as checkpoints:
        checkpoints.save(state, {"config": config, "facts": facts, "frozen": {}})
    (workdir / "config.json").write_text(configs.to_json(config))
    return workdir


@pytest.fixture(scope="session")
def vae_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of `experiments.vae`, unconditional, 8x8 RGB, that has not made a step yet."""
    import experiments

    return begun(experiments.vae(), tmp_path_factory.mktemp("runs") / "vae")


@pytest.fixture(scope="session")
def stylegan_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of `experiments.stylegan`, six classes, 8x8 RGB, that has not made a step yet."""
    import experiments

    return begun(experiments.stylegan(), tmp_path_factory.mktemp("runs") / "stylegan")


@pytest.fixture(scope="session")
def translation_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of `experiments.translation` at 16x16 with dropout, evaluated after each of its two steps."""
    import experiments

    from gan_jax.training import loop

    workdir = tmp_path_factory.mktemp("runs") / "translation"
    held_out = dict(name="sprites", count=20, resolution=(16, 16), seed=9)
    config = experiments.translation(
        steps=2,
        data__source__resolution=(16, 16),
        generator__network__levels=3,  # of two levels none has dropout
        generator__optimizer=dict(name="adam", learning_rate=0.1),
        checkpoint=dict(every=1),
        report=dict(samples=4),
        evals=dict(close=dict(name="paired", every=1, held_out=held_out)),
    )
    assert loop.run(config, workdir) == 0
    return workdir


def draw(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Values that keep activations in range: He-uniform kernels, norms near the identity, small biases."""
    raw = np.random.Philox(key=zlib.crc32(name.encode())).random_raw(int(np.prod(shape)))
    unit = ((raw >> np.uint64(40)) / 2**23 - 1).reshape(shape)
    if name.startswith("lpips"):
        return np.abs(unit).astype(np.float32)
    if len(shape) > 1:
        return (unit * np.sqrt(6 / np.prod(shape[1:]))).astype(np.float32)
    if name.endswith(("running_var", "gamma", "weight")):
        return (1 + 0.3 * unit).astype(np.float32)
    return (0.1 * unit).astype(np.float32)


@pytest.fixture
def weights_file(tmp_path):
    """Writes a file of drawn weights for a Flax network's variables; `more` names arrays that it has besides."""

    from gan_jax.features import weights

    def write(shapes, more=None) -> str:
        named = dict(weights.torch_names(shapes).values()) | (more or {})
        weights.write(tmp_path / "drawn.npz", {name: draw(name, shape) for name, shape in named.items()})
        return str(tmp_path / "drawn.npz")

    return write


@pytest.fixture
def smooth_images():
    """Makes uint8 images with structure at several scales."""

    def make(*shape: int, key: int = 7) -> np.ndarray:
        raw = np.random.Philox(key=key).random_raw(int(np.prod(shape))).astype(np.float64) / 2**64
        noise = raw.reshape(shape)
        for axis in (1, 2):
            noise = (noise + np.roll(noise, 1, axis) + np.roll(noise, 2, axis)) / 3
        low, high = noise.min(), noise.max()
        return np.round((noise - low) / (high - low) * 255).astype(np.uint8)

    return make


@pytest.fixture
def test_data():
    """The folder of real data that some tests want: $GAN_JAX_TEST_DATA or ../shared/data; skips without it."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("GAN_JAX_TEST_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no test data at {folder}")
    return folder
