"""Progressive growing (Karras et al. 2018) for a laptop: 4x4, 8x8, 16x16, 32x32 in one run.

python train.py --config=configs/progan_small.py
On images of your own: --config.data.source=images --config.data.source.path=FOLDER
Hardware: two CPU cores. Not measured yet.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=9000, batch_size=32, stages=(1000, 2500, 5000)))
    config.data = dict(source=dict(name="sprites"), resolution=(32, 32))
    config.objective = dict(name="progressive", latent_size=64, fade=500)
    optimizer = dict(name="adam", learning_rate=1e-3, b1=0.0, b2=0.99)
    network = dict(width=16, max_width=64)
    config.generator = dict(
        network=dict(name="progan.Generator", **network),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="nonsaturating")),
    )
    config.discriminator = dict(
        network=dict(name="progan.Discriminator", **network),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="nonsaturating"), r1=dict(name="r1", weight=0.5)),
    )
    config.ema = dict(half_life=10_000, ramp_up=0.05)
    config.checkpoint = dict(every=1000)
    config.report = dict(every=100, samples_every=500)
    return config
