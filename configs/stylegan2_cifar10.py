"""StyleGAN2 with ADA (Karras et al. 2020) for CIFAR-10, class-conditional: the authors' settings for it.

python train.py --config=configs/stylegan2_cifar10.py --config.dtype=bfloat16 --config.parallel.steps_per_call=10
Prepare the data first: without them the message says how. Unprepared, with drawn shapes: --config.data.source=sprites

Published: FID 2.42, without classes 2.92 (the paper's table; 50,000 samples against the training images, the best of
100 million images): no path length, no style mixing, a mapping of two layers, groups of 32, a discriminator without
shortcuts. Without ADA: --config.objective.augment=None
Not measured here. Hardware: one or two GPUs, days.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=1_562_500, batch_size=64))
    config.data = dict(source=dict(name="tfds", dataset="cifar10", split="train"), resolution=(32, 32))
    config.objective = dict(
        name="stylegan", latent_size=512, conditional=True, mixing=0.0, augment=dict(name="ada", target=0.6)
    )
    optimizer = dict(name="adam", learning_rate=2.5e-3, b1=0.0, b2=0.99, eps=1e-8)
    config.generator = dict(
        network=dict(name="stylegan2.Generator", width=512, mapping_depth=2, clamp=256.0),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="nonsaturating")),
    )
    config.discriminator = dict(
        network=dict(name="stylegan2.Discriminator", width=512, residual=False, minibatch_stddev=32, clamp=256.0),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="nonsaturating"), r1=dict(name="r1", weight=0.01, every=16)),
    )
    config.ema = dict(half_life=500_000, ramp_up=0.05)
    config.checkpoint = dict(every=5000)
    config.report = dict(every=200, samples_every=5000)
    return config
