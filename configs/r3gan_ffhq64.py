"""R3GAN (Huang et al. 2024) for FFHQ at 64x64.

python train.py --config=configs/r3gan_ffhq64.py --config.dtype=bfloat16 --config.data.source.path=FOLDER

Published: FID 1.95 of 50,000 samples. The widths and the augmentation are those of the authors' settings as forks of
them have them; the length of the burn-in is from memory.
Not measured here. Hardware: eight GPUs, days.
"""

from ml_collections import ConfigDict

BURN_IN = 78000  # steps


def get_config():
    config = ConfigDict(dict(seed=0, steps=585000, batch_size=256))
    config.data = dict(
        source=dict(name="images", path="ffhq64", class_depth=0), resolution=(64, 64), channels=3, flip=True
    )

    def over_burn_in(start, end):
        return dict(name="gan_jax.schedules:cosine", start=start, end=end, steps=BURN_IN)

    augment = dict(name="bgc", p=over_burn_in(0.0, 0.3), colours=0.5, cutout=1.0)
    config.objective = dict(name="gan", latent_size=64, conditional=False, augment=augment)
    optimizer = dict(name="adam", learning_rate=over_burn_in(2e-4, 5e-5), b1=0.0, b2=over_burn_in(0.9, 0.99))
    network = dict(width=384, max_width=768, blocks=2, expansion=2, group=16)
    gamma = over_burn_in(2.0, 0.2)
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
    config.ema = dict(half_life=over_burn_in(0.0, 500_000))
    config.checkpoint = dict(every=2000)
    config.report = dict(every=100, samples_every=2000)
    return config
