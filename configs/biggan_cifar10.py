"""BigGAN (Brock et al. 2019) for CIFAR-10, class-conditional, as in the authors' public code.

python train.py --config=configs/biggan_cifar10.py --config.dtype=bfloat16 --config.parallel.steps_per_call=10
Prepare the data first: without them the message says how. Unprepared, with drawn shapes: --config.data.source=sprites
A step is four updates of the discriminator, of 50 images each, and one of the generator: in all 1,000 passes over the
data.

Published: FID 14.73, IS 9.22 (the paper's appendix). With these settings others report FID 9.59 (Zhao et al. 2020,
DiffAugment) and 9.78 (mmgeneration, 97,500 steps), of 50,000 samples. In that code a class has tables of scales and
biases in every normalisation, the latent enters at the base alone, and there is no attention; for what BigGAN adds,
  --config.generator.network.embedding=128 --config.generator.network.skip=True
LeCam (Tseng et al. 2021) helps where data are few: --config.discriminator.losses.lecam=lecam
  --config.discriminator.losses.lecam.weight=0.1
Not measured here. Hardware: one GPU, about a day.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=250_000, batch_size=50))
    config.data = dict(source=dict(name="tfds", dataset="cifar10", split="train"), resolution=(32, 32), flip=True)
    config.objective = dict(name="gan", latent_size=128, conditional=True)
    player = dict(
        optimizer=dict(name="adam", learning_rate=2e-4, b1=0.0, b2=0.999),
        losses=dict(adversarial=dict(name="hinge")),
    )
    network = dict(width=256, max_width=256, initializer="dcgan")
    config.generator = dict(network=dict(name="biggan.Generator", embedding=0, skip=False, **network), **player)
    config.discriminator = dict(network=dict(name="biggan.Discriminator", flat=2, **network), repeats=4, **player)
    config.ema = dict(half_life=350_000, ramp_up=0.05)  # a decay of 0.9999 a step
    config.checkpoint = dict(every=5000)
    config.report = dict(every=100, samples_every=2000)
    return config
