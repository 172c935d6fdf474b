"""Sprites of a tone: a GAN that hears which shape and colour to draw, for a laptop.

python train.py --config=configs/sound_sprites.py
Hardware: one core of an AMD EPYC, about 34 minutes. Not measured yet.
"""

from ml_collections import ConfigDict

from gan_jax.config import files


def get_config():
    config = ConfigDict(files.load("text_sprites"))
    config.data = dict(source=dict(name="sprites", sounds=True, compositions="seen", count=10_000), resolution=(32, 32))
    config.objective.condition = "waveform"
    reader = dict(name="sound.Encoder", width=32)
    config.generator.network.reader = reader
    config.discriminator.network.reader = reader
    config.evals.unseen.held_out = dict(name="sprites", sounds=True, compositions="unseen", count=2000)
    return config
