"""Beta-TCVAE (Chen et al. 2018) on sprites, whose factors are known.

python train.py --config=configs/beta_tcvae_sprites.py
Hardware: one core of an AMD EPYC, about 7 minutes.

Measured, seed 0, 10,000 examples (gan-jax metrics run:RUN --metrics=disentanglement), after 384,000 to 960,000 images:
  likelihood           weight  images   MIG   SAP   FactorVAE score  DCI
  this                 20      512,000  .089  .155  .521             .308
  Bernoulli            5       640,000  .066  .106  .497             .315
  gaussian, scale 0.1  5       384,000  .016  .061  .373             .122
  gaussian, scale 0.1  30      960,000  .033  .080  .395             .160
The gaps behind the first MIG: hue .26, background .15, texture .12, y .09, x .08, shape .02, size and angle 0. Three of
the eight factors are turns, which take two numbers and so count as hardly any gap (docs/vaes.md): a background that two
numbers know to .59 and .44 of its entropy has a gap of .15. The places are known to a sixth of their entropy alone.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=8000, batch_size=64))
    config.data = dict(source=dict(name="sprites"), resolution=(32, 32))
    config.objective = dict(name="vae", likelihood=dict(name="gaussian", scale=0.2))
    config.autoencoder = dict(
        network=dict(
            name="vae.VAE",
            encoder=dict(name="convolutional.Encoder", latent_size=10, channels=(32, 32, 64)),
            decoder=dict(name="convolutional.Decoder", channels=(64, 32, 32), refine=False),
        ),
        optimizer=dict(name="adam", learning_rate=1e-3),
        losses=dict(
            reconstruction=dict(name="negative_log_likelihood"),
            kl=dict(name="kl_divergence"),
            correlation=dict(name="total_correlation", weight=20.0, warmup=2000),  # beta is one more
        ),
    )
    config.ema = dict(half_life=20_000, ramp_up=0.05)
    config.checkpoint = dict(every=2000)
    config.report = dict(every=100, samples_every=2000)
    return config
