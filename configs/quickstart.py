"""Class-conditional GAN on scikit-learn's handwritten digits.    python train.py --config=configs/quickstart.py

Measured:"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=2000, batch_size=64))
    config.data = dict(source=dict(name="tfds", dataset="digits", split="train"), resolution=(16, 16))
    config.objective = dict(
        name="gan", latent_size=64, conditional=True, augment=dict(name="translate", fraction=0.125)
    )
    config.generator = dict(
        network=dict(name="dcgan.Generator", width=32),
        optimizer=dict(name="adam", learning_rate=1e-3, b1=0.5, b2=0.99),
        losses=dict(adversarial=dict(name="nonsaturating")),
    )
    config.discriminator = dict(
        network=dict(name="dcgan.Discriminator", width=32, minibatch_stddev=4),
        optimizer=dict(name="adam", learning_rate=1e-3, b1=0.5, b2=0.99),
        losses=dict(adversarial=dict(name="nonsaturating"), r1=dict(name="r1", weight=4.0)),
    )
    config.ema = dict(half_life=9000, ramp_up=0.05)
    config.checkpoint = dict(every=500)
    config.report = dict(every=50, samples_every=500)
    return config
