"""Super-resolution on a laptop: a compact network (Wang et al. 2021) that doubles the sides of any photograph.

python train.py --config=configs/srvgg_small.py --config.data.source.path=FOLDER
python sample.py --workdir=runs/srvgg_small --condition source=PHOTOGRAPHS --out=enlarged

It learns from patches of 64x64 pixels of a folder of pictures, which the bicubic filter makes smaller. Four times the
sides: --config.data.resolution="(128,128)" --config.data.derive.source.factor=4
Sharp rather than near: go on from such a run against a discriminator,
python train.py --config=configs/srvgg_small.py:sharp --config.generator.init_from=runs/srvgg_small \
  --config.data.source.path=FOLDER --workdir=runs/sharp
with LPIPS, whose weights docs/metrics.md tells how to get:
  --config.frozen.lpips.name=lpips --config.frozen.lpips.weights=FILE
  --config.generator.losses.perceptual.name=perceptual
Hardware: one CPU core.

Measured: 3,430 tiles of 128x128 pixels to train on (2,500 flowers, 530 of 113 photographs, 400 faces, all from JPEG
files), seed 0, 5,000 steps in about 11 minutes of processor time on an Intel Xeon, by
  --config.steps=5000 --config.generator.optimizer.learning_rate.decay_steps=5000
The average, at the sizes of the test photographs (benchmarks/super_resolution.py; PSNR of luma in dB, SSIM; in brackets
bicubic interpolation): Set5 36.18, .952 (33.68, .931), Set14 32.02, .903 (30.24, .869). A photograph of 4000x3000
becomes one of 8000x6000 in half a minute of processor time and 0.75 GB of memory.

Four times the sides, the same tiles and sets, seed 0, on one shared core of an AMD EPYC; LPIPS on SqueezeNet:
  run                                         Set5               Set14              minutes
  bicubic interpolation                       28.43, LPIPS .287  26.09, LPIPS .373
  5,000 steps                                 29.37, LPIPS .219  26.73, LPIPS .294  13
  5,000, then 6,000 from there, falling anew  29.66, LPIPS .206  26.89, LPIPS .283  33
  5,000, then 1,500 of `sharp` with LPIPS     28.92, LPIPS .155  26.33, LPIPS .216  38
The last by --config.batch_size=8 --config.data.resolution="(96,96)" --config.generator.losses.l1.weight=0.1: farther
from the photographs by PSNR and nearer by LPIPS, which it was trained by.
"""

from ml_collections import ConfigDict


def get_config(kind: str = "near"):
    sharp = kind == "sharp"
    steps = 2000 if sharp else 12_000
    config = ConfigDict(dict(seed=0, steps=steps, batch_size=16))
    config.data = dict(
        source=dict(name="images", path="pictures", class_depth=0),
        resolution=(64, 64),
        channels=3,
        crop="patch",
        flip=True,
        on_error="skip",
        derive=dict(source=dict(name="smaller", factor=2)),
    )
    config.objective = dict(name="translation" if sharp else "regression", source="source")
    config.generator = dict(
        network=dict(name="srvgg.Generator", width=32, blocks=6),
        optimizer=dict(
            name="adam",
            learning_rate=dict(name="cosine_decay_schedule", init_value=2e-4 if sharp else 1e-3, decay_steps=steps),
        ),
        losses=dict(l1=dict(name="l1")),
    )
    if sharp:
        game = dict(name="relativistic_average")
        config.generator.losses.adversarial = dict(**game, weight=0.005)
        config.discriminator = dict(
            network=dict(name="pixelwise.Discriminator", width=16),
            optimizer=dict(name="adam", learning_rate=2e-4),
            losses=dict(adversarial=game),
        )
    config.ema = dict(half_life=2000, ramp_up=0.05)
    config.checkpoint = dict(every=1000)
    config.report = dict(every=100, samples_every=2000, samples=8)
    return config
