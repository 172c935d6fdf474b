"""WGAN-GP (Gulrajani et al. 2017): a residual critic with layer normalisation, unconditional.

python train.py --config=configs/wgan_gp.py --config.parallel.steps_per_call=10
Hardware: one GPU.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=50_000, batch_size=64))
    config.data = dict(source=dict(name="sprites"), resolution=(32, 32))
    config.objective = dict(name="gan", latent_size=128)
    optimizer = dict(name="adam", learning_rate=2e-4, b1=0.0, b2=0.9)
    config.generator = dict(
        network=dict(name="resnet.Generator", width=128, max_width=128),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="wasserstein")),
    )
    config.discriminator = dict(
        network=dict(name="resnet.Discriminator", spectral=False, normalization="layer", pooling="mean"),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="wasserstein"), penalty=dict(name="gradient_penalty", weight=10.0)),
        repeats=5,
    )
    config.ema = dict(half_life=20_000, ramp_up=0.05)
    config.checkpoint = dict(every=2000)
    config.report = dict(every=100, samples_every=1000)
    return config
