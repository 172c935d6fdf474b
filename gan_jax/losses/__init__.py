"""Loss terms: functions of a View that return one value per example; configs name them as this package does."""

from gan_jax.losses.adaptation import correspondence, elastic, same_seed
from gan_jax.losses.adaptive import adaptive
from gan_jax.losses.adversarial import (
    AdversarialLoss,
    hinge,
    least_squares,
    minimax,
    nonsaturating,
    relativistic_average,
    relativistic_paired,
    wasserstein,
)
from gan_jax.losses.classes import auxiliary_classifier, data_to_data
from gan_jax.losses.codes import code_entropy, codebook, commitment
from gan_jax.losses.consistency import (
    consistency,
    diversity,
    feature_distance,
    feature_matching,
    latent_consistency,
    map_matching,
    transport,
)
from gan_jax.losses.importance import doubly_reparameterized, importance_weighted
from gan_jax.losses.latent import (
    density_ratio,
    kl_by_level,
    kl_divergence,
    negative_log_likelihood,
    total_correlation,
)
from gan_jax.losses.masked import masked_cross_entropy
from gan_jax.losses.matching import (
    caption_preference,
    conditioning_divergence,
    image_image,
    image_sentence,
    matching_aware,
    matching_penalty,
)
from gan_jax.losses.paired import charbonnier, l1, perceptual
from gan_jax.losses.path_length import path_length
from gan_jax.losses.penalties import dragan, drift, gradient_penalty, lecam, r1, r2
from gan_jax.losses.relaxed import anchored, patchwise
from gan_jax.losses.rewarded import best_of, pathwise, start_ratio
from gan_jax.losses.selection import top_k
from gan_jax.losses.steered import evolution, latent_divergence, reinforce
from gan_jax.losses.unpaired import identity, identity_nce, patch_nce, unstyled
from gan_jax.losses.watermarks import bit_cross_entropy, fair_bits
from gan_jax.losses.weights import orthogonal

__all__ = [
    "AdversarialLoss",
    "adaptive",
    "anchored",
    "auxiliary_classifier",
    "best_of",
    "bit_cross_entropy",
    "caption_preference",
    "charbonnier",
    "code_entropy",
    "codebook",
    "commitment",
    "conditioning_divergence",
    "consistency",
    "correspondence",
    "data_to_data",
    "density_ratio",
    "diversity",
    "doubly_reparameterized",
    "dragan",
    "drift",
    "elastic",
    "evolution",
    "fair_bits",
    "feature_distance",
    "feature_matching",
    "gradient_penalty",
    "hinge",
    "identity",
    "identity_nce",
    "image_image",
    "image_sentence",
    "importance_weighted",
    "kl_by_level",
    "kl_divergence",
    "l1",
    "latent_consistency",
    "latent_divergence",
    "least_squares",
    "lecam",
    "map_matching",
    "masked_cross_entropy",
    "matching_aware",
    "matching_penalty",
    "minimax",
    "negative_log_likelihood",
    "nonsaturating",
    "orthogonal",
    "patch_nce",
    "patchwise",
    "path_length",
    "pathwise",
    "perceptual",
    "r1",
    "r2",
    "reinforce",
    "relativistic_average",
    "relativistic_paired",
    "same_seed",
    "start_ratio",
    "top_k",
    "total_correlation",
    "transport",
    "unstyled",
    "wasserstein",
]
