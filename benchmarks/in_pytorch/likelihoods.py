"""Likelihoods in PyTorch, by the names of ours: the channels that they ask of a decoder, and nats of pictures."""

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


def bernoulli(outputs: Tensor, image: Tensor) -> Tensor:
    """Nats of the batch's mean picture."""
    return F.binary_cross_entropy_with_logits(outputs, 0.5 * (image + 1), reduction="sum") / len(image)


def discretized_logistic_mixture(outputs: Tensor, image: Tensor) -> Tensor:
    """Nats of the batch's mean picture under mixtures of discretised logistics (Salimans et al. 2017), of 3 colours."""
    by_component = outputs.permute(0, 2, 3, 1).unflatten(-1, (-1, 10))
    logit, means, log_scales, coefficients = by_component.split((1, 3, 3, 3), dim=-1)
    pixel = image.permute(0, 2, 3, 1)[..., None, :]
    red, green, _ = pixel.unbind(-1)
    first, second, third = coefficients.tanh().unbind(-1)
    shift = torch.stack([torch.zeros_like(first), first * red, second * red + third * green], -1)
    by_channel = log_probability_of_level(pixel, means + shift, log_scales)
    by_pixel = torch.logsumexp(logit[..., 0].log_softmax(-1) + by_channel.sum(-1), -1)
    return -by_pixel.sum() / len(image)


def log_probability_of_level(image: Tensor, mean: Tensor, log_scale: Tensor) -> Tensor:
    """The log of the logistic mass of each of 256 levels; the outermost take all beyond."""
    log_scale = log_scale.clamp(min=-7)
    narrowness, centred = torch.exp(-log_scale), image - mean
    above, below = (F.logsigmoid(sign * narrowness * (centred + sign / 255)) for sign in (1, -1))
    log_width = math.log(2 / 255) - log_scale  # never so narrow that the exponential is none to float precision
    inside = above + below + torch.log(-torch.expm1(-log_width.exp()))
    return torch.where(image < -0.999, above, torch.where(image > 0.999, below, inside))


LIKELIHOODS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "bernoulli": bernoulli,
    "discretized_logistic_mixture": discretized_logistic_mixture,
}


def channels(section: dict[str, Any]) -> int:
    """How many a decoder gives for a pixel of three colours."""
    return 10 * section["components"] if section["name"] == "discretized_logistic_mixture" else 3
