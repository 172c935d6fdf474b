"""Clean pictures out of noisy ones: pix2pix (Isola et al. 2017) with a generator that keeps the picture's size.

python train.py --config=configs/denoising.py --config.data.source.path=FOLDER
python sample.py --workdir=runs/denoising --condition source=MINE --out=cleaned

The column `source` is the picture with Gaussian noise of 25 of 256 levels (`data.derive:noise`); for other noise
  --config.data.derive.source.deviation=50
The mean error counts most, so that nothing is made up; a small game keeps edges sharp.
Hardware: two CPU cores at 64x64.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=3000, batch_size=8))
    config.data = dict(
        source=dict(name="images", path="pictures", class_depth=0, split="[:80%]"),
        resolution=(64, 64),
        channels=3,
        flip=True,
        derive=dict(source=dict(name="noise", deviation=25.0)),
    )
    config.objective = dict(name="translation", source="source")
    optimizer = dict(name="adam", learning_rate=4e-4, b1=0.5)
    config.generator = dict(
        network=dict(name="unet.Generator", width=32, max_width=256, levels=3, dropout=0.0, upsample="nearest"),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="relativistic_paired", weight=0.1), l1=dict(name="l1", weight=100.0)),
    )
    config.discriminator = dict(
        network=dict(name="patchgan.Discriminator", layers=2, width=32, normalization="spectral"),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="relativistic_paired")),
    )
    config.ema = dict(half_life=2000, ramp_up=0.05)
    config.checkpoint = dict(every=1000)
    config.report = dict(every=100, samples_every=1000, samples=16)
    return config
