"""StyleGAN2 with ADA (Karras et al. 2020, "Training generative adversarial networks with limited data") at 256x256.

python train.py --config=configs/stylegan2_ada.py --config.data.source.path=FOLDER --config.dtype=bfloat16

For sets of a thousand to some ten thousand pictures of your own. At other sizes: --config.data.resolution="(512, 512)"
  --config.generator.network.width=32 --config.discriminator.network.width=32, and an R1 weight in proportion to the
number of pixels. To begin with a trained run, with the discriminator's first layers held:
  --config.generator.init_from=DIR --config.discriminator.init_from=DIR
  --config.discriminator.fixed="('from_image', 'block_0', 'block_1', 'block_2')"

Published: FID 21.29 of 1,000 and 10.96 of 5,000 images of FFHQ, each against all 70,000 (from memory of the paper).
Not measured here. Hardware: one to eight GPUs, days. Where memory is short: --config.generator.network.remat=True
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=390_625, batch_size=64))
    config.data = dict(
        source=dict(name="images", path="pictures", class_depth=0), resolution=(256, 256), channels=3, flip=True
    )
    config.objective = dict(name="stylegan", latent_size=512, augment=dict(name="ada", target=0.6))
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
