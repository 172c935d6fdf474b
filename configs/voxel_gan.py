"""A class-conditional GAN of voxels: furniture of six kinds at 32x32x32, relativistic with R1 and R2 (R3GAN's game).

python train.py --config=configs/voxel_gan.py
Hardware: one core of an AMD EPYC, about 25 minutes.
At 64x64x64: --config.data.source.resolution=64
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=6000, batch_size=16))
    config.data = dict(source=dict(name="furniture", split="[:90%]"))
    config.objective = dict(name="gan", latent_size=64, conditional=True)
    optimizer = dict(name="adam", learning_rate=5e-4, b1=0.0, b2=0.99)
    config.generator = dict(
        network=dict(name="dcgan.Generator", width=8, max_width=64, initializer="he"),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="relativistic_paired")),
    )
    config.discriminator = dict(
        network=dict(name="dcgan.Discriminator", width=8, max_width=64, normalization="none", initializer="he"),
        optimizer=optimizer,
        losses=dict(
            adversarial=dict(name="relativistic_paired"),
            r1=dict(name="r1", weight=1.0, every=4),
            r2=dict(name="r2", weight=1.0, every=4),
        ),
    )
    config.ema = dict(half_life=5000, ramp_up=0.05)
    config.evals = dict(shapes=dict(name="shapes", held_out="rest", num_images=200))
    config.checkpoint = dict(every=500)
    config.report = dict(every=50, samples_every=500, samples=48)
    return config
