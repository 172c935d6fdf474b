"""Class-conditional GAN on scikit-learn's handwritten digits.    python train.py --config=configs/quickstart.py

Measured:"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=3500, batch_size=64))
    config.data = dict(source=dict(name="tfds", dataset="digits", split="train"))
    config.objective = dict(name="gan", latent_size=64, conditional=True)
    player = dict(
        optimizer=dict(name="adam", learning_rate=1e-3, b1=0.5, b2=0.99),
    )
    config.generator = dict(
        network=dict(name="dcgan.Generator", width=256, initializer="he"),
        losses=dict(adversarial=dict(name="nonsaturating")),
        **player,
    )
    config.discriminator = dict(
        network=dict(
            name="dcgan.Discriminator",
            width=128,
            normalization="none",
            minibatch_stddev=4,
            hidden=256,
            initializer="he",
        ),
        losses=dict(adversarial=dict(name="nonsaturating"), r1=dict(name="r1", weight=0.1)),
        **player,
    )
    config.ema = dict(half_life=9000, ramp_up=0.05)
    held_out = dict(name="tfds", dataset="digits", split="test")
    metrics = ("fd", "precision_recall", "density_coverage")
    config.evals = dict(pixels=dict(name="comparison", metrics=metrics, features="pixels", held_out=held_out))
    config.checkpoint = dict(every=1000)
    config.report = dict(every=50, samples_every=500)
    return config
