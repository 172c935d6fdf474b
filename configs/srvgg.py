"""The compact network of Real-ESRGAN (Wang et al. 2021): four times the sides, fast enough for films and laptops.

python train.py --config=configs/srvgg.py --config.data.source.path=FOLDER
python sample.py --workdir=runs/srvgg --condition source=PHOTOGRAPHS --out=enlarged

It is learned from photographs made small by the bicubic filter; of photographs as they are found in the world,
blurred, noisy and compressed, by
  --config.data.derive.source=degraded
Hardware: one GPU, with --config.data.workers=8; `srvgg_small` is for one CPU core.
"""

from ml_collections import ConfigDict


def get_config():
    steps = 300_000
    config = ConfigDict(dict(seed=0, steps=steps, batch_size=32))
    config.data = dict(
        source=dict(name="images", path="photographs", class_depth=0),
        resolution=(192, 192),
        channels=3,
        crop="patch",
        flip=True,
        derive=dict(source=dict(name="smaller", factor=4)),
    )
    config.objective = dict(name="regression", source="source")
    rate = dict(name="cosine_decay_schedule", init_value=2e-4, decay_steps=steps)
    config.generator = dict(
        network=dict(name="srvgg.Generator", width=64, blocks=32),
        optimizer=dict(name="adam", learning_rate=rate, b2=0.99),
        losses=dict(l1=dict(name="l1")),
    )
    config.ema = dict(half_life=20_000)
    config.checkpoint = dict(every=10_000)
    config.report = dict(every=500, samples_every=10_000, samples=16)
    return config
