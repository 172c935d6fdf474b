"""ESRGAN (Wang et al. 2018): four times the sides, sharp rather than near; and Real-ESRGAN (Wang et al. 2021).

python train.py --config=configs/esrgan.py:psnr --config.data.source.path=FOLDER --workdir=runs/psnr
python train.py --config=configs/esrgan.py --config.data.source.path=FOLDER --config.generator.init_from=runs/psnr
python sample.py --workdir=runs/esrgan --blend=runs/psnr --share=0.2 --condition source=PHOTOGRAPHS --out=enlarged

The first run minimises L1 alone, the second goes on from it against a discriminator; a blend of both trades sharpness
for nearness. `real` in the place of `psnr` makes the small pictures as they are found in the world, blurred, noisy and
compressed: first --config=configs/esrgan.py:real_psnr, then esrgan.py:real; they are made of sharpened photographs,
which are the right answers, while the discriminator is shown the photographs themselves. It gives a logit to every
pixel, as in Real-ESRGAN. The perceptual distance is LPIPS on SqueezeNet where the papers have VGG's features:
  --config.frozen.lpips.name=lpips --config.frozen.lpips.weights=FILE
  --config.generator.losses.perceptual.name=perceptual
and with it, as published of ESRGAN, beside the weight of 1 that the perceptual distance has,
  --config.generator.losses.l1.weight=0.01 --config.generator.losses.adversarial.weight=0.005
Without it those would leave answers to the game alone. FILE has LPIPS's heads too: docs/metrics.md, Weights, says how
to get it.
Hardware: one GPU, with --config.data.workers=8.
"""

from ml_collections import ConfigDict


def get_config(kind: str = "gan"):
    real, alone = kind.startswith("real"), kind.endswith("psnr")
    steps = 1_000_000 if alone else 400_000
    config = ConfigDict(dict(seed=0, steps=steps, batch_size=16))
    sharp = dict(sharp=dict(name="sharpened"), source=dict(name="degraded", of="sharp", factor=4))
    config.data = dict(
        source=dict(name="images", path="photographs", class_depth=0),
        resolution=(256, 256) if real else (128, 128),
        channels=3,
        crop="patch",
        flip=True,
        derive=sharp if real else dict(source=dict(name="smaller", factor=4)),
    )
    config.objective = dict(name="regression" if alone else "translation", source="source")
    if real:
        config.objective.target = "sharp"
    falling = dict(name="cosine_decay_schedule", init_value=2e-4, decay_steps=steps)
    halved = dict(
        name="gan_jax.schedules:piecewise_constant",
        boundaries=(50_000, 100_000, 200_000, 300_000),
        values=tuple(1e-4 / 2**halvings for halvings in range(5)),
    )
    rate = falling if alone else 1e-4 if real else halved
    optimizer = dict(name="adam", learning_rate=rate, b2=0.99)
    config.generator = dict(
        network=dict(name="rrdb.Generator", remat=True),
        optimizer=optimizer,
        losses=dict(l1=dict(name="l1")),
    )
    if not alone:
        game = dict(name="nonsaturating" if real else "relativistic_average")
        config.generator.losses.adversarial = dict(**game, weight=0.1)
        config.discriminator = dict(
            network=dict(name="pixelwise.Discriminator"), optimizer=optimizer, losses=dict(adversarial=game)
        )
    config.ema = dict(half_life=11_000)
    config.checkpoint = dict(every=10_000)
    config.report = dict(every=500, samples_every=10_000, samples=16)
    return config
