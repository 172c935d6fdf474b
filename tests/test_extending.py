"""The examples of docs/extending.md, trained and sampled as they stand there."""

import dataclasses
import importlib
import pkgutil
import re

import pytest
from commands import ROOT, finish, start

from gan_jax import losses
from gan_jax.losses.views import View

PAGE = (ROOT / "docs" / "extending.md").read_text()


ROWS = {"View": "every", "Judged": "of a game with a discriminator"}  # of the table of Views; others by their names


def views() -> list[type[View]]:
    """All that there are in `gan_jax.losses`."""
    modules = [
        importlib.import_module(f"gan_jax.losses.{module.name}") for module in pkgutil.iter_modules(losses.__path__)
    ]
    found = {value for module in modules for value in vars(module).values() if isinstance(value, type)}
    return sorted((kind for kind in found if issubclass(kind, View)), key=lambda kind: kind.__name__)


def names(kind: type) -> set[str]:
    """Fields and properties, with those of what a View is a kind of."""
    properties = {name for each in kind.__mro__ for name, value in vars(each).items() if isinstance(value, property)}
    return properties | {field.name for field in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else set()


@pytest.mark.parametrize("kind", views())
def test_the_table_of_views_tells_what_each_of_them_has(kind):
    title = ROWS.get(kind.__name__, f"`{kind.__name__}`")
    [row] = re.findall(rf"^\| {re.escape(title)} \| (.*) \|$", PAGE, flags=re.MULTILINE)
    own = names(kind) - set().union(*map(names, kind.__bases__))
    told = set(re.findall(r"`(\w+)`", re.sub(r"\([^()]*\)", "", row)))
    assert own <= told <= names(kind) | {"GanView"}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    for name, text in re.findall(r"```python\n# (\w+\.py)\n(.*?)```", PAGE, flags=re.DOTALL):
        (folder / name).write_text(text)
    return folder


def test_a_loss_a_reward_a_network_a_data_set_and_a_metric(lab):
    said = finish(
        start(
            ROOT / "train.py",
            f"--config={ROOT / 'tests' / 'experiments.py'}",
            "--workdir=run",
            "--config.steps=2",
            "--config.data.source=my_data:Stripes",
            "--config.data.derive.speckled=my_data:speckled",
            "--config.discriminator.network=my_nets:Critic",
            "--config.discriminator.losses.norm=my_losses:logit_norm",
            "--config.discriminator.losses.norm.weight=0.1",
            "--config.generator.losses.pleasing=pathwise",
            "--config.generator.losses.pleasing.reward=my_rewards:light",
            "--config.evals.light=my_metrics:brightness",
            cwd=lab,
        )
    )
    assert "light/drawn" in said and "speckled: 16x16x1" in said
    logged = (lab / "run" / "metrics.jsonl").read_text()
    assert '"discriminator/norm": ' in logged and '"generator/pleasing": ' in logged


def test_an_objective(lab):
    finish(
        start(
            ROOT / "train.py",
            f"--config={ROOT / 'tests' / 'experiments.py'}:painter",
            "--workdir=painted",
            cwd=lab,
        )
    )
    finish(
        start(
            ROOT / "sample.py",
            "--workdir=painted",
            "--num=4",
            "--option",
            "scale=0.5",
            "--out=four.png",
            "--plugins=my_objective",
            cwd=lab,
        )
    )
    assert (lab / "four.png").is_file()


@pytest.mark.parametrize(
    ("file", "right", "wrong", "told"),
    [
        (
            "my_losses.py",
            "view.real",
            "view.reel",
            r"losses\.norm: .*my_losses\.py, line \d+.*Did you mean 'real_logits'",
        ),
        ("my_data.py", '"image": image if', '"imag": image if', "example 0 must have an `image`"),
        (
            "my_data.py",
            "image = np.zeros(",
            "image = np.zeroes(",
            r"data\.source: .*my_data\.py, line \d+, in __getitem__: Attr",
        ),
        (
            "my_nets.py",
            "nn.relu",
            "nn.rellu",
            r"discriminator\.network: .*my_nets\.py, line \d+, in __call__: AttributeError",
        ),
    ],
)
def test_mistakes_are_told_in_seconds(lab, tmp_path, file, right, wrong, told):
    for source in lab.glob("my_*.py"):
        (tmp_path / source.name).write_text(source.read_text())
    (tmp_path / file).write_text((tmp_path / file).read_text().replace(right, wrong, 1))
    said = finish(
        start(
            ROOT / "train.py",
            f"--config={ROOT / 'tests' / 'experiments.py'}",
            "--workdir=run",
            "--config.data.source=my_data:Stripes",
            "--config.discriminator.network=my_nets:Critic",
            "--config.discriminator.losses.norm=my_losses:logit_norm",
            cwd=tmp_path,
        ),
        status=2,
    )
    assert re.search(told, said) and not (tmp_path / "run").exists()
