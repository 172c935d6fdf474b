"""DCGAN (Radford et al. 2016), unconditional.    python train.py --config=configs/dcgan.py

On images of your own: --config.data.source=images --config.data.source.path=FOLDER --config.data.resolution="(64, 64)".
Measured:"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=20_000, batch_size=128))
    config.data = dict(source=dict(name="sprites"), resolution=(32, 32))
    config.objective = dict(name="gan", latent_size=100)
    player = dict(
        optimizer=dict(name="adam", learning_rate=2e-4, b1=0.5),
        losses=dict(adversarial=dict(name="nonsaturating")),
    )
    config.generator = dict(network=dict(name="dcgan.Generator"), **player)
    config.discriminator = dict(network=dict(name="dcgan.Discriminator"), **player)
    config.ema = dict(half_life=20_000, ramp_up=0.05)
    config.checkpoint = dict(every=2000)
    config.report = dict(every=100, samples_every=1000)
    return config
