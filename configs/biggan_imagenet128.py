"""BigGAN (Brock et al. 2019) for ImageNet at 128x128, class-conditional.

python train.py --config=configs/biggan_imagenet128.py --config.dtype=bfloat16
Prepare the data first: without them the message says how.

Published: FID 8.73, IS 98.8 after 152,000 steps without orthogonal regularisation (table 1), which is not here; with it
FID 8.51, IS 99.3. Both of samples that are not truncated, with statistics of batch normalisation made anew for
sampling; here they are averaged with the parameters, and made anew for `--truncation`. 158.4 million parameters.
Training collapses in the end: keep checkpoints. The authors' public code updates each player once a step:
  --config.discriminator.repeats=1 --config.generator.optimizer.learning_rate=1e-4
  --config.discriminator.optimizer.learning_rate=4e-4
and reached IS 97.4 on eight V100 in 15 days.
Not measured here. Hardware: a TPU pod of 128 cores as published (one to two days), or eight GPUs, with
  --config.micro_batches=8 --config.generator.network.remat=True --config.discriminator.network.remat=True
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=150_000, batch_size=2048))
    config.data = dict(
        source=dict(name="tfds", dataset="imagenet2012", split="train"), resolution=(128, 128), flip=True
    )
    config.objective = dict(name="gan", latent_size=120, conditional=True)
    adam = dict(name="adam", b1=0.0, b2=0.999)
    losses = dict(adversarial=dict(name="hinge"))
    config.generator = dict(
        network=dict(name="biggan.Generator", width=96, attention=64),
        optimizer=dict(learning_rate=5e-5, **adam),
        losses=losses,
    )
    config.discriminator = dict(
        network=dict(name="biggan.Discriminator", width=96, attention=64),
        optimizer=dict(learning_rate=2e-4, **adam),
        losses=losses,
        repeats=2,
    )
    config.ema = dict(half_life=14_200_000, ramp_up=0.05)  # a decay of 0.9999 a step
    config.checkpoint = dict(every=1000, keep=10)
    config.report = dict(every=50, samples_every=1000)
    return config
