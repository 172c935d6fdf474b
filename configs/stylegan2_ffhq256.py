"""StyleGAN2 (Karras et al. 2020) for FFHQ at 256x256, as the baseline of the ADA paper has it.

python train.py --config=configs/stylegan2_ffhq256.py --config.data.source.path=FOLDER --config.dtype=bfloat16

Published: FID 3.81 after 25 million images of 140,000 (mirrored; resized by a box filter, 5.30 by Lanczos).
Not measured here. Hardware: one to eight GPUs, days; published 12.5 s for 1,000 images on an A100.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=390_625, batch_size=64))
    config.data = dict(
        source=dict(name="images", path="ffhq256", class_depth=0), resolution=(256, 256), channels=3, flip=True
    )
    config.objective = dict(name="stylegan", latent_size=512)
    optimizer = dict(name="adam", learning_rate=2.5e-3, b1=0.0, b2=0.99, eps=1e-8)
    config.generator = dict(
        network=dict(name="stylegan2.Generator", width=64, clamp=256.0),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="nonsaturating"), path_length=dict(name="path_length", weight=2.0, every=8)),
    )
    config.discriminator = dict(
        network=dict(name="stylegan2.Discriminator", width=64, minibatch_stddev=8, clamp=256.0),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="nonsaturating"), r1=dict(name="r1", weight=1.0, every=16)),
    )
    config.ema = dict(half_life=20_000, ramp_up=0.05)
    config.checkpoint = dict(every=2000)
    config.report = dict(every=100, samples_every=2000)
    return config
