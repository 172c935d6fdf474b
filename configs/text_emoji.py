"""Emoji of their names: a text-conditional GAN for a laptop, on an npz of your own with pictures and strings.

python train.py --config=configs/text_emoji.py --config.data.source.path=FILE.npz
FILE.npz holds pictures uint8 [N, H, W, 3], by default the array `noto`, and strings [N], the array `captions`. Few
pictures are shown augmented (`ada`), and with words that stand in fewer than two names as one.
python sample.py --workdir=runs/text_emoji --condition text="grinning face" --seeds=0-15 --out=grid.png
Hardware: two CPU cores. Not measured yet.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=20_000, batch_size=32))
    source = dict(name="npz", path="", images="noto", columns=(("text", "captions"),))
    config.data = dict(source=source, resolution=(32, 32), tokenizer=dict(name="words", least=2))
    config.objective = dict(name="gan", latent_size=64, condition="text", augment=dict(name="ada"))
    reader = dict(name="text.Encoder", width=32)
    optimizer = dict(name="adam", learning_rate=1e-3, b1=0.0, b2=0.99)
    config.generator = dict(
        network=dict(
            name="conditional.Generator",
            width=32,
            max_width=64,
            code=32,
            augmented=True,
            attention=8,
            patch=2,
            reader=reader,
        ),
        optimizer=optimizer,
        losses=dict(
            adversarial=dict(name="matching_aware"),
            sentence=dict(name="image_sentence", weight=0.2),
            divergence=dict(name="conditioning_divergence", weight=0.1),
        ),
    )
    config.discriminator = dict(
        network=dict(
            name="conditional.Discriminator",
            features=64,
            reader=reader,
            judge=dict(
                name="dcgan.Discriminator",
                width=24,
                max_width=96,
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
            r1=dict(name="r1", weight=0.5, every=8),
            preference=dict(name="caption_preference", weight=0.0),
        ),
    )
    config.ema = dict(half_life=10_000, ramp_up=0.05)
    config.checkpoint = dict(every=1000)
    config.report = dict(every=100, samples_every=2000)
    return config
