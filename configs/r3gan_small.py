"""R3GAN (Huang et al. 2024) for a laptop: its loss and penalties, on patches of 2x2 pixels.

python train.py --config=configs/r3gan_small.py
Hardware: two CPU cores. Not measured yet.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=10_000, batch_size=64))
    config.data = dict(source=dict(name="sprites"), resolution=(32, 32))
    config.objective = dict(name="gan", latent_size=64)

    def falling(start, end):
        return dict(name="cosine_decay_schedule", init_value=start, decay_steps=4000, alpha=end / start)

    optimizer = dict(name="adam", learning_rate=falling(1e-3, 2e-4), b1=0.0, b2=0.99)
    network = dict(width=32, max_width=64, blocks=1, expansion=1, group=0, patch=2)
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
            r1=dict(name="r1", weight=falling(0.5, 0.05)),
            r2=dict(name="r2", weight=falling(0.5, 0.05)),
        ),
    )
    config.ema = dict(half_life=20_000, ramp_up=0.05)
    config.checkpoint = dict(every=1000)
    config.report = dict(every=100, samples_every=1000)
    return config
