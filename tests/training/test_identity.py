"""What is compared between hosts."""

import experiments

from gan_jax.config import experiment, schema
from gan_jax.training import identity


def parts(workdir, **changes):
    config = schema.resolve_config(experiments.gan(**changes))
    return identity.parts(config, experiment.make_facts(experiment.make_data(config)), workdir)


def differing(a, b) -> set[str]:
    return {name for name in a.keys() | b.keys() if a.get(name) != b.get(name)}


def test_each_part_has_its_name(tmp_path):
    one = parts(tmp_path)
    assert one == parts(tmp_path)
    assert one["config.steps"] == 6
    assert one["data: num_examples"] == 96
    assert differing(one, parts(tmp_path, steps=7)) == {"config.steps"}


def test_the_data_are_looked_at(tmp_path):
    """As where a host has another copy of them."""
    source = dict(name="sprites", count=96, resolution=(8, 8), seed=5)
    found = differing(parts(tmp_path), parts(tmp_path, data__source=source)) - {"config.data.source.seed"}
    assert found
    assert all(name.startswith("data: data.") for name in found)


def test_a_folder_that_is_not_shared_and_code_of_ones_own(tmp_path):
    evals = dict(wait=dict(name="saboteur:wait", seconds=0.0, every=2))
    one = parts(tmp_path, evals=evals)
    assert len(one["code of saboteur"]) == 16
    for step in ("20", "100", "120.orbax-checkpoint-tmp"):
        (tmp_path / "checkpoints" / step).mkdir(parents=True)
    other = parts(tmp_path, evals=evals)
    assert differing(one, other) == {"checkpoints"}
    assert other["checkpoints"] == [20, 100]


def test_long_values_are_told_by_a_digest():
    one, other = (identity._short("x" * 100 + end) for end in "ab")
    assert one != other
    assert len(one) < 60
