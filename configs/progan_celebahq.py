"""Progressive growing (Karras et al. 2018) for CelebA-HQ, from 4x4 to 1024x1024 in nine stages of one run.

python train.py --config=configs/progan_celebahq.py --config.data.source.path=FOLDER

Each size fades in over 600,000 images and is trained on as many more. The authors use larger batches for small images
and begin the optimizers anew with each size; here the batch is the same throughout, and moments go on. A smaller end:
  --config.data.resolution="(256, 256)" --config.generator.network.width=64 --config.discriminator.network.width=64
  --config.stages="(37500, 112500, 187500, 262500, 337500, 412500)" --config.steps=487500

Published: FID 7.30 at 1024x1024, for two weeks on one GPU or two days on eight.
Not measured here. Hardware: eight GPUs.
"""

from ml_collections import ConfigDict

IMAGES, BATCH = 600_000, 16  # of each fade, and of the time after it


def get_config():
    phase = IMAGES // BATCH
    stages = tuple(phase + 2 * phase * number for number in range(8))
    config = ConfigDict(dict(seed=0, steps=stages[-1] + 2 * phase, batch_size=BATCH, stages=stages))
    config.data = dict(
        source=dict(name="images", path="celebahq", class_depth=0), resolution=(1024, 1024), channels=3, flip=True
    )
    config.objective = dict(name="progressive", latent_size=512, fade=phase)
    optimizer = dict(name="adam", learning_rate=1e-3, b1=0.0, b2=0.99, eps=1e-8)
    config.generator = dict(
        network=dict(name="progan.Generator", width=16),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="wasserstein")),
    )
    config.discriminator = dict(
        network=dict(name="progan.Discriminator", width=16),
        optimizer=optimizer,
        losses=dict(
            adversarial=dict(name="wasserstein"),
            penalty=dict(name="gradient_penalty", weight=10.0),
            drift=dict(name="drift", weight=0.001),
        ),
    )
    config.ema = dict(half_life=11_000)  # a decay of 0.999 a step
    config.checkpoint = dict(every=2500)
    config.report = dict(every=100, samples_every=2500)
    return config
