"""DCGAN (Radford et al. 2016), unconditional.

python train.py --config=configs/dcgan.py
Hardware: one GPU, or a CPU with patience.

On images of your own: --config.data.source=images --config.data.source.path=FOLDER --config.data.resolution="(64, 64)".

CIFAR-10, compressed as JPEG once (36,000 images):
  --config.data.source=npz --config.data.source.path=FILE --config.data.source.split="all[:90%]" --config.data.flip=true
Measured: seed 0, 10,000 steps at up to 340 images/s on one core of an AMD EPYC; 102 minutes, as the core was shared
and the run often paused. 4,000 samples of the average against 4,000 held-out images, in SqueezeNet's features (in
brackets 4,000 training images): fd_squeezenet 351 (34), 367 at 8,000 steps; kd_squeezenet 186 (0); precision .75
(.75), recall .13 (.73), density 1.18 (.99), coverage .80 (.97). Colours, light and layout are right; objects are
suggested more than drawn.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=20_000, batch_size=128))
    config.data = dict(source=dict(name="sprites"), resolution=(32, 32))
    config.objective = dict(name="gan", latent_size=100)
    player = dict(
        optimizer=dict(name="adam", learning_rate=2e-4, b1=0.5),
        losses=dict(adversarial=dict(name="nonsaturating")),
    )
    config.generator = dict(network=dict(name="dcgan.Generator"), **player)
    config.discriminator = dict(network=dict(name="dcgan.Discriminator"), **player)
    config.ema = dict(half_life=20_000, ramp_up=0.05)
    config.checkpoint = dict(every=2000)
    config.report = dict(every=100, samples_every=1000)
    return config
