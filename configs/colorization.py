"""Colours for grey pictures: pix2pix (Isola et al. 2017), with a latent that chooses among the colours that may be.

python train.py --config=configs/colorization.py --config.data.source.path=FOLDER
python sample.py --workdir=runs/colorization --condition source=MINE --out=coloured
python sample.py --workdir=runs/colorization --condition source=ONE.png --seeds=0-7 --out=choices.png

Each seed has colours of its own: the term `diversity` (Mao et al. 2019; Yang et al. 2019) keeps the generator from
leaving its latent aside, and `--option noise=False` takes the latent's mean. Without colours of a picture's own to be
right about, L1 weighs less than in pix2pix.
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
        derive=dict(source=dict(name="grey")),
    )
    config.objective = dict(name="translation", source="source", latent_size=8)
    optimizer = dict(name="adam", learning_rate=4e-4, b1=0.5)
    config.generator = dict(
        network=dict(name="unet.Generator", width=32, max_width=256, levels=4),
        optimizer=optimizer,
        losses=dict(
            adversarial=dict(name="hinge"),
            l1=dict(name="l1", weight=10.0),
            diversity=dict(name="diversity", weight=5.0, most=0.3),
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
