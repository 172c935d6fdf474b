"""Beta-TCVAE (Chen et al. 2018) on sprites, whose factors are known.

python train.py --config=configs/beta_tcvae_sprites.py
Hardware: one core of an AMD EPYC, about two hours. Not measured yet.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=20_000, batch_size=128))
    config.data = dict(source=dict(name="sprites"), resolution=(32, 32))
    config.objective = dict(name="vae", likelihood=dict(name="bernoulli"))
    config.autoencoder = dict(
        network=dict(
            name="vae.VAE",
            encoder=dict(name="convolutional.Encoder", latent_size=10, channels=(32, 32, 64)),
            decoder=dict(name="convolutional.Decoder", channels=(64, 32, 32), refine=False),
        ),
        optimizer=dict(name="adam", learning_rate=5e-4),
        losses=dict(
            reconstruction=dict(name="negative_log_likelihood"),
            kl=dict(name="kl_divergence"),
            correlation=dict(name="total_correlation", weight=5.0, warmup=2000),  # beta is one more
        ),
    )
    config.ema = dict(half_life=20_000, ramp_up=0.05)
    config.checkpoint = dict(every=2000)
    config.report = dict(every=100, samples_every=2000)
    return config
