"""R3GAN's game (Huang et al. 2024) for a laptop: relativistic pairs, on networks that two cores train fast.

python train.py --config=configs/r3gan_small.py
For classes: --config.objective.conditional=True. The penalty is R1 at every fourth step where the paper has R1 and R2
at each.
Hardware: one core of an Intel Xeon, about 25 minutes.
MEASURED
The paper's own networks, with its penalties, are those of configs/r3gan_cifar10.py; made as small, they learn slower:
OWN
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=10_000, batch_size=64))
    config.data = dict(source=dict(name="sprites"), resolution=(32, 32))
    config.objective = dict(name="gan", latent_size=64)
    optimizer = dict(name="adam", learning_rate=1e-3, b1=0.5, b2=0.99)
    config.generator = dict(
        network=dict(name="resnet.Generator", width=16, max_width=64),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="relativistic_paired")),
    )
    config.discriminator = dict(
        network=dict(
            name="dcgan.Discriminator",
            width=32,
            normalization="none",
            minibatch_stddev=4,
            hidden=256,
            initializer="he",
        ),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="relativistic_paired"), r1=dict(name="r1", weight=0.3, every=4)),
    )
    config.ema = dict(half_life=20_000, ramp_up=0.05)
    config.checkpoint = dict(every=1000)
    config.report = dict(every=100, samples_every=1000)
    return config
