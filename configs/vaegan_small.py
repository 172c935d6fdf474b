"""VAE-GAN (Larsen et al. 2016) for a laptop: images are compared in the features of a discriminator.

python train.py --config=configs/vaegan_small.py
Hardware: one core of an AMD EPYC, about 27 minutes. Looked at after 1,000 steps: reconstructions have the colours,
places and sizes of shapes, not yet the shapes. No figures were measured.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=5000, batch_size=64))
    config.data = dict(source=dict(name="sprites"), resolution=(32, 32))
    config.objective = dict(name="vae_gan", likelihood=dict(name="gaussian", scale=1.0), fake="both")
    optimizer = dict(name="adam", learning_rate=5e-4, b1=0.5)
    config.autoencoder = dict(
        network=dict(
            name="vae.VAE",
            encoder=dict(name="convolutional.Encoder", latent_size=64),
            decoder=dict(name="convolutional.Decoder"),
        ),
        side="generator",
        optimizer=optimizer,
        losses=dict(
            features=dict(name="feature_distance"),
            l1=dict(name="l1", weight=100.0),
            kl=dict(name="kl_divergence"),
            adversarial=dict(name="nonsaturating", weight=10.0),
        ),
    )
    config.discriminator = dict(
        network=dict(name="dcgan.Discriminator", width=32, normalization="none", head="features", initializer="he"),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="nonsaturating"), r1=dict(name="r1", weight=0.3, every=4)),
    )
    config.ema = dict(half_life=20_000, ramp_up=0.05)
    config.checkpoint = dict(every=1000)
    config.report = dict(every=100, samples_every=1000)
    return config
