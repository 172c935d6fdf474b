"""Sketch to picture: pix2pix (Isola et al. 2017) on any pictures, whose sketches are drawn from them.

python train.py --config=configs/sketch_to_image.py --config.data.source.path=FOLDER
python sample.py --workdir=runs/sketch_to_image --condition source=DOODLES --out=pictures

The sketch is dark lines on white where colours change (`edges`); draw your doodles so, and they come out coloured.
The same game with another derived column repairs (`mask`), colours (`grey`) or cleans (`noise`) pictures:
  --config.data.derive.source=grey
Hardware: two CPU cores at 64x64; for 256x256 one GPU, with
  --config.data.resolution="(256, 256)" --config.generator.network.levels=0 --config.generator.network.width=64
  --config.generator.network.max_width=512 --config.discriminator.network.layers=3

Measured: 996 emoji (Noto) to train on, 249 held out, 64x64, flipped at random, seed 0, 3,000 steps in 14 minutes of
processor time on an AMD EPYC (benchmarks/translation_quality.py, the average's answers, with the standard error over
pictures; LPIPS on SqueezeNet, L1 of values in [-1, 1]): LPIPS .305 ± .009, L1 .237. The nearest training sketch's
picture: LPIPS .323 ± .012, L1 .291. The same network with L1 alone: LPIPS .328 ± .009, L1 .236.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=3000, batch_size=8))
    config.data = dict(
        source=dict(name="images", path="pictures", class_depth=0, split="[:80%]"),
        resolution=(64, 64),
        channels=3,
        flip=True,
        derive=dict(source=dict(name="edges")),
    )
    config.objective = dict(name="translation", source="source")
    optimizer = dict(name="adam", learning_rate=4e-4, b1=0.5)
    config.generator = dict(
        network=dict(name="unet.Generator", width=32, max_width=256, levels=4),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="nonsaturating"), l1=dict(name="l1", weight=100.0)),
    )
    config.discriminator = dict(
        network=dict(name="patchgan.Discriminator", layers=2, width=32),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="nonsaturating", weight=0.5)),
    )
    config.ema = dict(half_life=2000, ramp_up=0.05)
    config.checkpoint = dict(every=1000)
    config.report = dict(every=100, samples_every=1000, samples=16)
    return config
