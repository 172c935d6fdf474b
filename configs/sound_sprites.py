"""Sprites of a tone: a GAN that hears which shape and colour to draw, for a laptop.

python train.py --config=configs/sound_sprites.py
Hardware: two CPU cores. Not measured yet.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=12_000, batch_size=32))
    sprites = dict(name="sprites", sounds=True, compositions="seen", count=10_000)
    config.data = dict(source=sprites, resolution=(32, 32))
    config.objective = dict(name="gan", latent_size=64, condition="waveform")
    reader = dict(name="sound.Encoder", width=32)
    optimizer = dict(name="adam", learning_rate=1e-3, b1=0.0, b2=0.99)
    config.generator = dict(
        network=dict(name="conditional.Generator", width=20, max_width=48, code=32, patch=2, reader=reader),
        optimizer=optimizer,
        losses=dict(
            adversarial=dict(name="matching_aware"),
            sentence=dict(name="image_sentence", weight=0.2),
            image=dict(name="image_image", weight=0.2),
        ),
    )
    config.discriminator = dict(
        network=dict(
            name="conditional.Discriminator",
            features=64,
            reader=reader,
            judge=dict(
                name="dcgan.Discriminator",
                width=16,
                max_width=64,
                normalization="none",
                hidden=128,
                initializer="he",
                head="features",
            ),
        ),
        optimizer=optimizer,
        losses=dict(
            adversarial=dict(name="matching_aware"),
            sentence=dict(name="image_sentence", weight=0.2),
            r1=dict(name="r1", weight=0.2, every=8),
            preference=dict(name="caption_preference", weight=0.0),
        ),
    )
    unseen = dict(name="sprites", sounds=True, compositions="unseen", count=2000)
    config.evals = dict(
        seen=dict(name="attribute_accuracy", every=2500),
        unseen=dict(name="attribute_accuracy", every=2500, held_out=unseen),
    )
    config.ema = dict(half_life=10_000, ramp_up=0.05)
    config.checkpoint = dict(every=1000)
    config.report = dict(every=100, samples_every=4000)
    return config
