"""Sprites of a sentence: a text-conditional GAN for a laptop, with held-out combinations of shape and colour.

python train.py --config=configs/text_sprites.py
python sample.py --workdir=runs/text_sprites --condition text="a red circle on blue stripes" --seeds=0-15 --out=a.png
Hardware: two CPU cores.

Measured at 3,000 of 12,000 steps: seed 0; 300 captions of the training data and 300 of held-out compositions, with
attributes read from the pixels (of the data's own pictures .998 are read right); about 18 minutes of processor time on
one core, compilation included. Accuracy over all attributes that captions state .742, of held-out compositions .747:
colour 1.00 and .98, ground .97 and .99, place .99 and 1.00, size .68 and .69, texture .60 and .64, shape .37 and .34,
all still rising (.706 and .711 after 2,000 steps). Every attribute of a caption is right in .29 and .27 of the
pictures. A real picture's logit is higher with its own caption than with another one's in .99 of the cases. A narrower
network on patches of 2x2 pixels (generator width=20, max_width=48, patch=2, judge width=16, max_width=64, both
image_sentence weights .2) had .746 and .721 after 5,000 steps in 11 minutes, with a checkerboard in its pictures.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=12_000, batch_size=32))
    sprites = dict(name="sprites", captions=True, compositions="seen", count=10_000)
    config.data = dict(source=sprites, resolution=(32, 32), tokenizer=dict(name="words", length=20))
    config.objective = dict(name="gan", latent_size=64, condition="text")
    reader = dict(name="text.Encoder", width=32)
    optimizer = dict(name="adam", learning_rate=1e-3, b1=0.0, b2=0.99)
    config.generator = dict(
        network=dict(name="conditional.Generator", width=24, max_width=96, code=32, reader=reader),
        optimizer=optimizer,
        losses=dict(
            adversarial=dict(name="matching_aware"),
            sentence=dict(name="image_sentence", weight=0.5),
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
                width=32,
                max_width=128,
                normalization="none",
                hidden=128,
                initializer="he",
                head="features",
            ),
        ),
        optimizer=optimizer,
        losses=dict(
            adversarial=dict(name="matching_aware"),
            sentence=dict(name="image_sentence", weight=1.0),
            r1=dict(name="r1", weight=0.2, every=8),
            preference=dict(name="caption_preference", weight=0.0),
        ),
    )
    unseen = dict(name="sprites", captions=True, compositions="unseen", count=2000)
    config.evals = dict(
        seen=dict(name="attribute_accuracy", every=2500),
        unseen=dict(name="attribute_accuracy", every=2500, held_out=unseen),
    )
    config.ema = dict(half_life=10_000, ramp_up=0.05)
    config.checkpoint = dict(every=1000)
    config.report = dict(every=100, samples_every=4000)
    return config
