"""R3GAN (Huang et al. 2024) for CIFAR-10, class-conditional.

python train.py --config=configs/r3gan_cifar10.py --config.dtype=bfloat16

Prepare the data first: without them the message says how. Unprepared, with drawn shapes: --config.data.source=sprites

Published: FID 1.96 of 50,000 samples after 250 million images. The augmentation is that of the authors' settings as
forks of them have it; the length of the burn-in is from memory.
Not measured here. Hardware: eight GPUs of 48 GB for four days (published).
"""

from ml_collections import ConfigDict

BURN_IN = 39000  # steps


def get_config():
    config = ConfigDict(dict(seed=0, steps=488000, batch_size=512))
    config.data = dict(source=dict(name="tfds", dataset="cifar10", split="train"), resolution=(32, 32), flip=True)

    def over_burn_in(start, end):
        return dict(name="gan_jax.schedules:cosine", start=start, end=end, steps=BURN_IN)

    augment = dict(name="bgc", p=over_burn_in(0.0, 0.55), colours=0.5, cutout=1.0)
    config.objective = dict(name="gan", latent_size=64, conditional=True, augment=augment)
    optimizer = dict(name="adam", learning_rate=over_burn_in(2e-4, 5e-5), b1=0.0, b2=over_burn_in(0.9, 0.99))
    network = dict(width=768, blocks=2, expansion=2, group=16)
    gamma = over_burn_in(0.05, 0.005)
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
    config.ema = dict(half_life=over_burn_in(0.0, 5_000_000))
    config.checkpoint = dict(every=2000)
    config.report = dict(every=100, samples_every=2000)
    return config
