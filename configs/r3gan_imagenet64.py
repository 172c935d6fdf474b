"""R3GAN (Huang et al. 2024) for ImageNet at 64x64, class-conditional.

python train.py --config=configs/r3gan_imagenet64.py --config.dtype=bfloat16

Prepare the data first: without them the message says how.

Published: FID 2.09 of 50,000 samples. The widths, the groups and the augmentation are those of the authors' settings as
forks of them have them; the length of the burn-in is from memory.
Not measured here. Hardware: 64 GPUs (published).
"""

from ml_collections import ConfigDict

BURN_IN = 49000  # steps


def get_config():
    config = ConfigDict(dict(seed=0, steps=244000, batch_size=4096))
    config.data = dict(
        source=dict(name="tfds", dataset="imagenet_resized/64x64", split="train"), resolution=(64, 64), flip=True
    )

    def over_burn_in(start, end):
        return dict(name="gan_jax.schedules:cosine", start=start, end=end, steps=BURN_IN)

    augment = dict(name="bgc", p=over_burn_in(0.0, 0.4), colours=0.5, cutout=1.0)
    config.objective = dict(name="gan", latent_size=64, conditional=True, augment=augment)
    optimizer = dict(name="adam", learning_rate=over_burn_in(2e-4, 5e-5), b1=0.0, b2=over_burn_in(0.9, 0.99))
    network = dict(width=1536, max_width=1536, blocks=2, expansion=2, group=32)
    gamma = over_burn_in(1.0, 0.1)
    config.generator = dict(
        network=dict(name="r3gan.Generator", **network),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="relativistic_paired")),
    )
    config.discriminator = dict(
        network=dict(name="r3gan.Discriminator", **network),
        optimizer=optimizer,
        losses=dict(
            adversarial=dict(name="relativistic_paired"),
            r1=dict(name="r1", weight=gamma),
            r2=dict(name="r2", weight=gamma),
        ),
    )
    config.ema = dict(half_life=over_burn_in(0.0, 50_000_000))
    config.checkpoint = dict(every=2000)
    config.report = dict(every=100, samples_every=2000)
    return config
