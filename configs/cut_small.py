"""CUT (Park et al. 2020) in small: pictures in the look of others, one way, without pairs.

python train.py --config=configs/cut_small.py --config.data.source.image.path=SET --config.data.source.source.path=OTHER
python sample.py --workdir=runs/cut_small --condition source=MINE --out=answers

The published terms, with a generator of a quarter of the width and four blocks, and 64 patches of each layer.
Hardware: two CPU cores at 64x64.

Measured: emoji (Noto into Fluent), 498 of each and no pairs, 249 held out with their partners, 32x32, seed 0, 2,510
steps (benchmarks/unpaired_quality.py, with the standard error over pictures; LPIPS on SqueezeNet, L1 of values in
[-1, 1]): LPIPS .223 ± .006, L1 .290. The source itself: LPIPS .165 ± .006, L1 .310; a random picture: LPIPS .373 ±
.007, L1 .413. What is drawn is kept, and its surfaces are not clean yet: so short a training is a trial.
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
    config.objective = dict(name="cut")
    half = config.steps // 2
    rate = dict(name="linear_schedule", init_value=4e-4, end_value=0.0, transition_begin=half, transition_steps=half)
    optimizer = dict(name="adam", learning_rate=rate, b1=0.5)
    config.generator = dict(
        network=dict(
            name="contrastive.Generator",
            translator=dict(name="translation.Generator", width=16, blocks=4, antialiased=True),
            layers=("source", "down_1", "down_2", "block_0", "block_2"),
            patches=64,
            width=64,
        ),
        optimizer=optimizer,
        losses=dict(
            adversarial=dict(name="least_squares", weight=2.0),
            nce=dict(name="patch_nce", weight=0.5),
            identity=dict(name="identity_nce", weight=0.5),
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
