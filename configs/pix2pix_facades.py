"""pix2pix (Isola et al. 2017): facades out of label maps, and any picture out of another, learned from pairs.

python train.py --config=configs/pix2pix_facades.py --config.data.source.source.path=FILE_OR_FOLDER

The pictures hold two side by side, the answer on the left and what it is to be made of on the right; the other way
round with --config.data.source.left=source --config.data.source.right=image. Pairs of an .npz file are
data.source=npz with data.source.columns='(("source","ARRAY"),)'.
Hardware: one GPU at 256x256 as published; two CPU cores at 64x64, with
  --config=configs/pix2pix_facades.py:small

Measured, `small`: 240 label maps and facades to train on, 60 held out, 64x64, flipped at random, seed 0, 3,000 steps in
15 minutes of processor time on an AMD EPYC (benchmarks/translation_quality.py, the average's answers, with the standard
error over pairs; LPIPS on SqueezeNet, L1 of values in [-1, 1]): LPIPS .272 ± .008, L1 .373. The nearest training label
map's facade: LPIPS .346 ± .013, L1 .439. The same network with L1 alone: LPIPS .357 ± .009, L1 .352.
"""

from ml_collections import ConfigDict


def get_config(size: str = "published"):
    small = size == "small"
    config = ConfigDict(dict(seed=0, steps=3000 if small else 80_000, batch_size=8 if small else 1))
    pairs = dict(name="images", path="facades", class_depth=0, split="[:80%]")
    config.data = dict(
        source=dict(name="halves", source=pairs, left="image", right="source"),
        resolution=(64, 64) if small else (256, 256),
        channels=3,
        crop="center" if small else "jitter",
        flip=True,
    )
    config.objective = dict(name="translation", source="source")
    width = 32 if small else 64
    optimizer = dict(name="adam", learning_rate=4e-4 if small else 2e-4, b1=0.5)
    config.generator = dict(
        network=dict(name="unet.Generator", width=width, max_width=8 * width, levels=4 if small else 0),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="nonsaturating"), l1=dict(name="l1", weight=100.0)),
    )
    config.discriminator = dict(
        network=dict(name="patchgan.Discriminator", layers=2 if small else 3, width=width),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="nonsaturating", weight=0.5)),
    )
    config.ema = dict(half_life=2000 if small else 500, ramp_up=0.05)
    config.checkpoint = dict(every=1000)
    config.report = dict(every=100, samples_every=1000, samples=16)
    return config
