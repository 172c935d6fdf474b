"""Outputs that are near-duplicates of training images, which `sample --reject_near_duplicates` leaves out."""

import argparse
import logging

import numpy as np

from gan_jax.commands.plan import Plan
from gan_jax.errors import InputError
from gan_jax.evaluation import memorization
from gan_jax.evaluation.image_sets import data_of_run, held_out_data_of_run
from gan_jax.evaluation.sides import named_features
from gan_jax.sampling.photographs import Photographs


def without(plan: Plan, flags: argparse.Namespace) -> Plan:
    """The plan but for the seeds whose images are flagged; tells how many, and how many of those chance explains.

    Every image is drawn once to be looked at, and those that are kept once more to be written: they are the same.

    Raises:
        InputError: nothing tells how near held-out images are, or the outputs are no images of the data's size.
    """
    key, output = "--reject_near_duplicates", plan.sampler.output(plan.draw, **plan.options)
    if any(isinstance(values, Photographs) for values in plan.condition.values()) or plan.across:
        raise InputError(f"{key} is for images one by one, of the size of the training images.")
    run = f"run:{flags.workdir}"
    features = named_features(flags.reject_near_duplicates, None, key)
    train, held_out = data_of_run(run), held_out_data_of_run(run)
    if output.kind != "image" or output.shape != train.image_shape:
        raise InputError(f"{key}: --draw={plan.draw} gives {output.dtype} {list(output.shape)}, no training image.")
    if held_out is None:
        raise InputError(
            f"{key}: how near is too near is told by images that were not trained on, and the run has none: train on a "
            'part of the data, such as data.source.split="[:90%]".'
        )
    fake = np.concatenate([features(part) for part in plan.outputs(flags.batch_size)])
    real, others = (features(side.whole().images) for side in (train, held_out))
    found = memorization.flags(real, others, fake)
    kept = np.flatnonzero(found.neighbours.ratio > found.threshold.ratio)
    expected = len(fake) * found.threshold.false_alarms
    logging.info(
        "%d of %d outputs are near-duplicates of training images and left out; %.2g are expected of a model that "
        "copies nothing.",
        *(len(fake) - len(kept), len(fake), expected),
    )
    if not len(kept):
        raise InputError(f"{key}: all {len(fake)} outputs are near-duplicates of training images; none is written.")
    return plan.only(kept)
