"""What is missing in a picture, guessed from the rest: pix2pix (Isola et al. 2017) from pictures with a hole.

python train.py --config=configs/inpainting.py --config.data.source.path=FOLDER
python sample.py --workdir=runs/inpainting --seeds=0-15 --out=repaired.png
python sample.py --workdir=runs/inpainting --condition source=MINE --option noise=False --out=repaired

The column `source` is the picture with a rectangle of half of its sides in grey, and an alpha channel that is 0 there
(`data.derive:mask`); holes of your own are middle grey (127) and transparent. Random features count beside colours and
the game, for which no file is needed; with LPIPS's weights (docs/metrics.md, Weights) take --config.frozen.eyes=lpips.
Hardware: two CPU cores at 64x64; for 256x256 one GPU, with
  --config.data.resolution="(256, 256)" --config.generator.network.levels=0 --config.generator.network.width=64
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=3000, batch_size=8))
    config.data = dict(
        source=dict(name="images", path="pictures", class_depth=0, split="[:80%]"),
        resolution=(64, 64),
        channels=3,
        flip=True,
        derive=dict(source=dict(name="mask", fraction=0.5)),
    )
    config.objective = dict(name="translation", source="source")
    config.frozen = dict(eyes=dict(name="random"))
    optimizer = dict(name="adam", learning_rate=4e-4, b1=0.5)
    config.generator = dict(
        network=dict(name="unet.Generator", width=32, max_width=256, levels=4),
        optimizer=optimizer,
        losses=dict(
            adversarial=dict(name="hinge"),
            l1=dict(name="l1", weight=50.0),
            seen=dict(name="perceptual", network="eyes", weight=10.0),
        ),
    )
    config.discriminator = dict(
        network=dict(name="patchgan.Discriminator", layers=2, width=32, normalization="spectral"),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="hinge")),
    )
    config.ema = dict(half_life=2000, ramp_up=0.05)
    config.checkpoint = dict(every=1000)
    config.report = dict(every=100, samples_every=1000, samples=16)
    return config
