"""FactorVAE (Kim & Mnih 2018) on sprites, whose factors are known.

python train.py --config=configs/factor_vae_sprites.py
Hardware: one core of an AMD EPYC, about 20 minutes by the speed of beta_tcvae_sprites. Not measured yet. A gamma of 35
and the optimizers' betas are from memory of the paper, which takes 300,000 steps at a rate of 1e-4; the critic is
narrower than its 1,000.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=20_000, batch_size=64))
    config.data = dict(source=dict(name="sprites"), resolution=(32, 32))
    config.objective = dict(name="factor_vae", likelihood=dict(name="bernoulli"))
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
            ratio=dict(name="density_ratio", weight=35.0),
        ),
    )
    config.critic = dict(
        network=dict(name="dense.Discriminator", width=200),
        side="discriminator",
        optimizer=dict(name="adam", learning_rate=5e-4, b1=0.5, b2=0.9),
        losses=dict(adversarial=dict(name="nonsaturating")),
    )
    config.ema = dict(half_life=20_000, ramp_up=0.05)
    config.checkpoint = dict(every=2000)
    config.report = dict(every=100, samples_every=2000)
    return config
