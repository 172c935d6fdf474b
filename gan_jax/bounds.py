"""Types of settings that say which numbers make sense: they stand in signatures, and a config is held to them."""

import math
from typing import Annotated, Any, NamedTuple

from gan_jax.errors import InputError
from gan_jax.schedules import Scalar


class Bounds(NamedTuple):
    """What a number has to lie between."""

    least: float = -math.inf
    below: float = math.inf
    most: float = math.inf

    def check(self, value: Any, key: str) -> None:
        """Refuses a number, or one of a tuple of numbers, that lies elsewhere; `key` is its name in a config."""
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, (int, float)) and not (self.least <= number < self.below and number <= self.most):
                below = "" if math.isinf(self.below) else f" and below {self.below}"
                most = "" if math.isinf(self.most) else f" and at most {self.most}"
                raise InputError(f"{key} = {value!r} should be at least {self.least}{below}{most}.")


def bounds_of(annotation: Any) -> list[Bounds]:
    """What an annotation says of the numbers that it stands for."""
    return [given for given in getattr(annotation, "__metadata__", ()) if isinstance(given, Bounds)]


Positive = Annotated[int, Bounds(1)]  # how many, where none makes no sense
Count = Annotated[int, Bounds(0)]  # how many
Seed = Annotated[int, Bounds(0, 2**32)]
Amount = Annotated[float, Bounds(0)]  # how much
Share = Annotated[float, Bounds(0, 1)]  # of the whole, but not all of it
Fraction = Annotated[float, Bounds(0, most=1)]  # of the whole, and maybe all of it

Probability = Annotated[Scalar, Bounds(0, most=1)]  # also as a schedule makes it of the step

# Of what optimizers of optax call so, whose own signatures do not say.
OPTIMIZERS = {
    **dict.fromkeys(("learning_rate", "eps", "eps_root", "weight_decay"), Bounds(0)),
    **dict.fromkeys(("b1", "b2", "b3", "decay", "momentum", "rho"), Bounds(0, 1)),
}
