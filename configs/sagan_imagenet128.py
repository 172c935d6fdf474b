"""SAGAN (Zhang et al. 2019) for ImageNet at 128x128, class-conditional: self-attention at 64x64.

python train.py --config=configs/sagan_imagenet128.py --config.dtype=bfloat16
Prepare the data first: without them the message says how.

Published: FID 18.65, IS 52.5 after a million steps (table 2). It is what BigGAN set out from: 81.5 million parameters,
tables of scales and biases in every normalisation, the latent at the base alone. The paper samples from the
parameters themselves; the average here is of the half-life of BigGAN's, 0.9999 a step.
Not measured here. Hardware: eight GPUs, or four with
  --config.micro_batches=2 --config.generator.network.remat=True --config.discriminator.network.remat=True
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=1_000_000, batch_size=256))
    config.data = dict(
        source=dict(name="tfds", dataset="imagenet2012", split="train"), resolution=(128, 128), flip=True
    )
    config.objective = dict(name="gan", latent_size=128, conditional=True)
    adam = dict(name="adam", b1=0.0, b2=0.9)
    losses = dict(adversarial=dict(name="hinge"))
    network = dict(width=64, attention=64, initializer="xavier")
    config.generator = dict(
        network=dict(name="biggan.Generator", embedding=0, skip=False, **network),
        optimizer=dict(learning_rate=1e-4, **adam),
        losses=losses,
    )
    config.discriminator = dict(
        network=dict(name="biggan.Discriminator", **network),
        optimizer=dict(learning_rate=4e-4, **adam),
        losses=losses,
    )
    config.ema = dict(half_life=1_800_000, ramp_up=0.05)
    config.checkpoint = dict(every=5000)
    config.report = dict(every=100, samples_every=2000)
    return config
