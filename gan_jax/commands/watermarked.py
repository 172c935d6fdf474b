"""What `provenance verify --weights=RUN` does: reads the bits of pictures, and says which carry a message."""

import argparse

import numpy as np

from gan_jax import command, terminal
from gan_jax.data import kinds
from gan_jax.errors import InputError, printable
from gan_jax.objectives.watermark import signs_of
from gan_jax.provenance import bits
from gan_jax.sampling.load import load
from gan_jax.sampling.sampler import Sampler


def verify(flags: argparse.Namespace) -> int:
    """0: all pictures carry the message; 1: some do not."""
    if not 0 < flags.rate < 1:
        raise InputError(f"--rate={flags.rate:g} should be above 0 and below 1.")
    command.trust_plugins(flags)
    sampler = load(flags.weights)
    if "bits" not in sampler.objective.draws:
        raise InputError(f"--weights={flags.weights}: is no run of the objective watermark, so that it reads no bits.")
    size = sampler.output("bits").shape[0]
    signs = signs_of(flags.message, size, "--message")
    images, names = _pictures(sampler, str(flags.file), "FILE")
    unmarked = _unmarked(sampler, flags)
    middle = bits.middle(unmarked)
    unmarked = unmarked - middle
    coins = bits.coins(unmarked, signs)
    least, how = _threshold(coins, bits.agreeing(unmarked, signs), size, flags.rate)
    found = bits.agreeing(sampler(range(len(images)), {"image": images}, draw="bits") - middle, signs)
    width = max(map(len, names))
    lines = [
        f"unmarked  {coins.number} pictures: means of bits {coins.lowest:.3f} to {coins.highest:.3f}, "
        f"variance of agreeing bits {coins.variance:.2f} times the binomial",
        f"carried   from {least} of {size} bits on, {how}, for false alarms at a rate of {flags.rate:g}",
    ]
    lines += [
        f"{printable(name):<{width}}  {number} of {size}  {'carries it' if number >= least else 'does not carry it'}"
        for name, number in zip(names, found, strict=True)
    ]
    terminal.show("\n".join(lines))
    return 0 if (found >= least).all() else 1


def _threshold(coins: bits.Coins, unmarked: np.ndarray, size: int, rate: float) -> tuple[int, str]:
    """How many bits have to agree, and by what argument."""
    if coins.fair:
        least = bits.threshold(size, rate)
        if least is None:
            raise InputError(f"--rate={rate:g}: even {size} of {size} bits agree oftener by chance.")
        return least, "by the binomial distribution"
    least = bits.calibrated(unmarked, size, rate)
    if least is None:
        raise InputError(
            f"--rate={rate:g}: bits of unmarked pictures are not shown to be fair coins, and {coins.number} of these "
            f"promise no rate below {1 / (coins.number + 1):.1g}: ask for a higher one, or give more by --unmarked."
        )
    return least, "by what unmarked pictures do, as their bits are not shown to be fair coins"


def _unmarked(sampler: Sampler, flags: argparse.Namespace) -> np.ndarray:
    """Bits of pictures without a message: those that are given, or else the data that the reader was trained on."""
    if flags.unmarked is None:
        return sampler(range(min(len(sampler.data), bits.ENOUGH)), draw="bits")
    images, _ = _pictures(sampler, str(flags.unmarked), "--unmarked")
    return sampler(range(len(images)), {"image": images}, draw="bits")


def _pictures(sampler: Sampler, path: str, key: str) -> tuple[np.ndarray, tuple[str, ...]]:
    column = sampler.conditions("bits")["image"]
    return kinds.of(column).parse(path, column, key)
