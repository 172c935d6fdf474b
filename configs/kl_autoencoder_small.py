"""A KL autoencoder (Rombach et al. 2022) for a laptop: 8x8 latents of four channels, a patch discriminator.

python train.py --config=configs/kl_autoencoder_small.py
With LPIPS: --config.frozen.lpips=lpips --config.autoencoder.losses.perceptual=perceptual
Its weights: docs/metrics.md, Weights, says how to get them.
Hardware: one core of an AMD EPYC, about an hour.

Measured on sprites, seed 0, to its end: an L1 of 0.026 between reconstructions and images in [-1, 1]. Shapes, places
and colours are those of the images; the squares of a chequered texture are blurred. Latents deviate by 1.3 from 0.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=5000, batch_size=32))
    config.data = dict(source=dict(name="sprites"), resolution=(32, 32))
    config.objective = dict(name="vae_gan", likelihood=dict(name="gaussian", scale=1.0))
    shared = dict(levels=2, width=32, max_width=64, blocks=1)
    optimizer = dict(name="adam", learning_rate=5e-4, b1=0.5, b2=0.9)
    against = dict(l1=dict(name="l1"))
    config.autoencoder = dict(
        network=dict(
            name="vae.VAE",
            encoder=dict(name="residual.Encoder", latent_channels=4, **shared),
            decoder=dict(name="residual.Decoder", **shared),
        ),
        side="generator",
        optimizer=optimizer,
        losses=dict(
            l1=dict(name="l1"),
            kl=dict(name="kl_divergence", weight=1e-6),
            adversarial=dict(name="adaptive", game=dict(name="hinge"), against=against, weight=0.8, warmup=2000),
        ),
    )
    config.discriminator = dict(
        network=dict(name="patchgan.Discriminator", layers=2, width=32),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="hinge")),
    )
    config.ema = dict(half_life=20_000, ramp_up=0.05)
    config.checkpoint = dict(every=1000)
    config.report = dict(every=100, samples_every=1000)
    return config
