"""CycleGAN (Zhu et al. 2017) in small: two sets of pictures without pairs, each turned into the other.

python train.py --config=configs/cyclegan_small.py \\
  --config.data.source.image.path=SET --config.data.source.source.path=OTHER
python sample.py --workdir=runs/cyclegan_small --condition source=MINE --out=answers
python sample.py --workdir=runs/cyclegan_small --draw=source --condition image=MINE --out=back

The published weights, with a generator of a quarter of the width and four blocks. Where colours turn around, raise
--config.generator.losses.identity.weight; where too little changes, lower it.
Hardware: two CPU cores at 64x64.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=4000, batch_size=4))
    config.data = dict(
        source=dict(
            name="unpaired",
            image=dict(name="images", path="pictures", class_depth=0, split="[:80%]"),
            source=dict(name="images", path="others", class_depth=0, split="[:80%]"),
        ),
        resolution=(64, 64),
        channels=3,
        flip=True,
    )
    config.objective = dict(name="cycle_gan", pool=50)
    half = config.steps // 2
    rate = dict(name="linear_schedule", init_value=4e-4, end_value=0.0, transition_begin=half, transition_steps=half)
    optimizer = dict(name="adam", learning_rate=rate, b1=0.5)
    config.generator = dict(
        network=dict(name="translation.Generator", width=16, blocks=4),
        optimizer=optimizer,
        losses=dict(
            adversarial=dict(name="least_squares", weight=2.0),
            cycle=dict(name="l1", weight=10.0),
            identity=dict(name="identity", weight=2.0),
        ),
    )
    config.discriminator = dict(
        network=dict(name="patchgan.Discriminator", layers=2, width=32),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="least_squares")),
    )
    config.ema = dict(half_life=2000, ramp_up=0.05)
    config.checkpoint = dict(every=1000)
    config.report = dict(every=100, samples_every=1000, samples=16)
    return config
