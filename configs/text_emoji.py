"""Emoji of their names: a text-conditional GAN for a laptop, on an npz of your own with pictures and strings.

python train.py --config=configs/text_emoji.py --config.data.source.path=FILE.npz
FILE.npz holds pictures uint8 [N, H, W, 3], by default the array `noto`, and strings [N], the array `captions`. Few
pictures are shown augmented (`ada`), and with words that stand in fewer than two names as one.
python sample.py --workdir=runs/text_emoji --condition text="grinning face" --seeds=0-15 --out=grid.png
Hardware: two CPU cores. Not measured yet.
"""

from ml_collections import ConfigDict

from gan_jax.config import files


def get_config():
    config = ConfigDict(files.load("text_sprites"))
    config.steps = 20_000
    source = dict(name="npz", path="", images="noto", columns=(("text", "captions"),))
    config.data = dict(source=source, resolution=(32, 32), tokenizer=dict(name="words", least=2))
    config.objective.augment = dict(name="ada", images=50_000)  # forty passes over the data from 0 to 1
    config.generator.network.update(width=32, max_width=64, augmented=True, attention=8, patch=2)
    config.generator.losses.divergence = dict(name="conditioning_divergence", weight=0.1)
    config.discriminator.network.judge.update(width=24, max_width=96)
    config.discriminator.losses.sentence.weight = 0.2  # of names that are alike, such as those of hands in five colours
    config.discriminator.losses.r1.weight = 0.5
    config.evals = {}
    config.report.samples_every = 2000
    return config
