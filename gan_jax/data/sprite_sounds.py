"""Tones for sprites: the colour is the pitch and the shape the timbre."""

import numpy as np
from jaxtyping import Float

from gan_jax.data import order

RATE, SAMPLES = 8000, 2000  # a quarter of a second
LOWEST = 220.0  # hertz, of red; each colour is a third higher
NOISE = 0.02


def tone(shape: str, colour: int, uniform: Float[np.ndarray, "3"], key: tuple[int, ...]) -> Float[np.ndarray, "2000"]:
    """A tone of a shape and a colour's number, of a loudness and a phase by numbers in [0, 1), with a little noise."""
    loudness, phase, detune = uniform
    pitch = LOWEST * 2 ** (colour / 3) * (1 + 0.02 * (detune - 0.5))
    turns = np.arange(SAMPLES) * pitch / RATE + phase
    sound = (0.3 + 0.5 * loudness) * _wave(shape, turns, np.arange(SAMPLES) / SAMPLES)
    noise = order.uniform(SAMPLES, *key) - 0.5
    return np.clip(sound + NOISE * noise, -1, 1).astype(np.float32)


def _wave(shape: str, turns: np.ndarray, time: np.ndarray) -> np.ndarray:
    """One period of each timbre a turn, in [-1, 1]; `time` goes from 0 to 1."""
    round_tone, place = np.sin(2 * np.pi * turns), turns % 1
    return {
        "disc": lambda: round_tone,
        "ring": lambda: round_tone * np.sin(6 * np.pi * time) ** 2,  # three beats
        "triangle": lambda: round_tone * np.sin(2 * np.pi * turns * 2),  # an octave and its fifth
        "square": lambda: np.sign(round_tone),
        "star": lambda: 2 * place - 1,
        "cross": lambda: 0.5 * (round_tone + np.sin(2 * np.pi * turns * 2.5)),
    }[shape]()
