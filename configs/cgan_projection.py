"""Class-conditional GAN with a projection discriminator (Miyato & Koyama 2018).

python train.py --config=configs/cgan_projection.py --config.dtype=bfloat16 --config.parallel.steps_per_call=10
Hardware: one GPU.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=50_000, batch_size=64))
    config.data = dict(source=dict(name="sprites"), resolution=(32, 32))
    config.objective = dict(name="gan", latent_size=128, conditional=True)
    player = dict(
        optimizer=dict(name="adam", learning_rate=2e-4, b1=0.0, b2=0.9), losses=dict(adversarial=dict(name="hinge"))
    )
    config.generator = dict(network=dict(name="resnet.Generator"), **player)
    config.discriminator = dict(network=dict(name="resnet.Discriminator", spectral=True), repeats=5, **player)
    config.ema = dict(half_life=20_000, ramp_up=0.05)
    config.checkpoint = dict(every=2000)
    config.report = dict(every=100, samples_every=1000)
    return config
