"""SwinIR, the light network (Liang et al. 2021): attention within windows, at twice, three or four times the sides.

python train.py --config=configs/swinir_light.py --config.data.source.path=FOLDER
python sample.py --workdir=runs/swinir_light --condition source=PHOTOGRAPHS --out=enlarged

For three and four times the sides:
  --config.data.resolution="(192, 192)" --config.data.derive.source.factor=3
  --config.data.resolution="(256, 256)" --config.data.derive.source.factor=4
Hardware: one GPU, with --config.data.workers=8.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=500_000, batch_size=32))
    config.data = dict(
        source=dict(name="images", path="photographs", class_depth=0),
        resolution=(128, 128),
        channels=3,
        crop="patch",
        flip=True,
        derive=dict(source=dict(name="smaller", factor=2)),
    )
    config.objective = dict(name="regression", source="source")
    halved = dict(
        name="gan_jax.schedules:piecewise_constant",
        boundaries=(250_000, 400_000, 450_000, 475_000),
        values=(2e-4, 1e-4, 5e-5, 2.5e-5, 1.25e-5),
    )
    config.generator = dict(
        network=dict(name="swinir.Generator"),
        optimizer=dict(name="adam", learning_rate=halved, b2=0.99),
        losses=dict(l1=dict(name="l1")),
    )
    config.ema = dict(half_life=22_000)
    config.checkpoint = dict(every=10_000)
    config.report = dict(every=500, samples_every=10_000, samples=16)
    return config
