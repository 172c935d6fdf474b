"""Super-resolution on a laptop: a compact network (Wang et al. 2021) that doubles the sides of any photograph.

python train.py --config=configs/srvgg_small.py --config.data.source.path=FOLDER
python sample.py --workdir=runs/srvgg_small --condition source=PHOTOGRAPHS --out=enlarged

It learns from patches of 64x64 pixels of a folder of pictures, which the bicubic filter makes smaller.
Hardware: one CPU core.
"""

from ml_collections import ConfigDict


def get_config():
    steps = 5000
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
    config.objective = dict(name="regression", source="source")
    config.generator = dict(
        network=dict(name="srvgg.Generator", width=32, blocks=6),
        optimizer=dict(
            name="adam", learning_rate=dict(name="cosine_decay_schedule", init_value=1e-3, decay_steps=steps)
        ),
        losses=dict(l1=dict(name="l1")),
    )
    config.ema = dict(half_life=2000, ramp_up=0.05)
    config.checkpoint = dict(every=1000)
    config.report = dict(every=100, samples_every=2000, samples=8)
    return config
