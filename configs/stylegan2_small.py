"""StyleGAN2 (Karras et al. 2020) for a laptop.

python train.py --config=configs/stylegan2_small.py
Hardware: one core of an AMD EPYC, about 41 minutes. Not measured to its end. On Fashion-MNIST, class-conditional, it is
far behind configs/r3gan_small.py at equal time: after 600 s of processor time (3,848 steps) an fd_classifier of 82.8,
recall .047, coverage .442 where that has 8.9, .697, .851.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=10_000, batch_size=32))
    config.data = dict(source=dict(name="sprites"), resolution=(32, 32))
    config.objective = dict(name="stylegan", latent_size=64, mixing=0.0)
    optimizer = dict(name="adam", learning_rate=2.5e-3, b1=0.0, b2=0.99)
    network = dict(width=16, max_width=128)
    config.generator = dict(
        network=dict(name="stylegan2.Generator", code_size=64, mapping_depth=2, **network),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="nonsaturating")),
    )
    config.discriminator = dict(
        network=dict(name="stylegan2.Discriminator", **network),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="nonsaturating"), r1=dict(name="r1", weight=0.1, every=4)),
    )
    config.ema = dict(half_life=20_000, ramp_up=0.05)
    config.checkpoint = dict(every=1000)
    config.report = dict(every=100, samples_every=1000)
    return config
