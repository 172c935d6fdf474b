"""The second stage: a prior over the codes of a frozen first stage, trained, resumed and asked for images."""

import experiments
import numpy as np
import pytest
import saved
from conftest import begun

import gan_jax
from gan_jax.errors import InputError
from gan_jax.training import loop


@pytest.fixture(scope="module")
def first_stage(tmp_path_factory):
    """A run of `vq` that has not made a step yet: 4x4 codes of 8."""
    return begun(experiments.vq(), tmp_path_factory.mktemp("runs") / "vq")


def prior(first_stage, **changes):
    """A class-conditional prior over its codes."""
    config = dict(
        seed=3,
        steps=4,
        batch_size=16,
        data=dict(source=dict(name="sprites", count=96, resolution=(8, 8))),
        frozen=dict(first_stage=dict(name="run", workdir=str(first_stage))),
        objective=dict(name="masked_prior", conditional=True),
        prior=dict(
            network=dict(name="masked.Transformer", width=8, depth=1, heads=2),
            optimizer=dict(name="adam", learning_rate=1e-2),
            losses=dict(guess=dict(name="masked_cross_entropy")),
        ),
        checkpoint=dict(every=2),
        report=dict(samples=4),
    )
    return experiments.change(config, changes)


@pytest.fixture(scope="module")
def run(first_stage, tmp_path_factory):
    workdir = tmp_path_factory.mktemp("runs") / "prior"
    assert loop.run(prior(first_stage), workdir) == 0
    return workdir


def test_codes_that_are_drawn_are_decoded_by_the_first_stage(run, first_stage):
    sampler = gan_jax.load(run)
    images, codes = sampler(range(12)), sampler(range(12), draw="codes")
    assert codes.shape == (12, 4, 4) and codes.min() >= 0 and codes.max() < 8
    decoded = gan_jax.load(first_stage)(range(12), {"codes": codes}, draw="from_codes")
    np.testing.assert_array_equal(images, decoded)
    np.testing.assert_array_equal(sampler([7, 3]), images[[7, 3]])


@pytest.mark.parametrize("options", [dict(steps=1), dict(steps=3, order="halton"), dict(steps=2, guidance=2.0)])
def test_options_of_decoding_change_what_is_drawn_and_leave_no_place_hidden(run, options):
    sampler = gan_jax.load(run)
    codes = sampler(range(8), draw="codes", **options)
    assert codes.min() >= 0 and codes.max() < 8
    assert (codes != sampler(range(8), draw="codes")).any()


def test_a_stopped_run_ends_where_one_that_never_stopped_does(run, first_stage, tmp_path):
    """From its checkpoint in the middle."""
    again = saved.stopped(run, 2, tmp_path / "again")
    assert loop.run(prior(first_stage), again) == 0
    saved.assert_identical(*(saved.arrays(gan_jax.load(workdir).variables) for workdir in (run, again)))


def test_what_is_no_first_stage_is_refused(gan_run, first_stage, tmp_path):
    with pytest.raises(InputError, match=r"objective\.first_stage = 'other' is none of `frozen`"):
        loop.run(prior(first_stage, objective__first_stage="other"), tmp_path / "a")
    with pytest.raises(InputError, match=r"frozen\.first_stage has no draw 'codes'"):
        loop.run(prior(gan_run), tmp_path / "b")
