"""A class-conditional GAN for few small grey images, such as 28x28 X-rays: what `gan-jax augment` asks for.

python train.py --config=configs/medical_small.py --config.data.source.source=npz
  --config.data.source.source.path=SET.npz --config.data.source.share=0.1 --config.data.source.seed=0
It trains on a part of a labelled set that holds every class; parts of one seed are nested. In an npz of MedMNIST the
arrays are --config.data.source.source.images=train_images --config.data.source.source.labels=train_labels.
DCGAN's networks, spectrally normalised, hinge loss, DiffAugment (Zhao et al. 2020). Hardware: one CPU core.

Measured: 388 images of PneumoniaMNIST (39 of the rare class), seeds 0 to 4, 1,000 steps: nothing gained for classifiers
(docs/augmentation.md); of the images a classifier of real ones takes .87 for what they were asked to be.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=1500, batch_size=64))
    config.data = dict(
        source=dict(name="subset", source=dict(name="sprites"), share=0.1), resolution=(28, 28), channels=1
    )
    config.objective = dict(
        name="gan", latent_size=32, conditional=True, augment=dict(name="diffaugment", policy=("translation", "cutout"))
    )
    player = dict(
        optimizer=dict(name="adam", learning_rate=4e-4, b1=0.0, b2=0.9), losses=dict(adversarial=dict(name="hinge"))
    )
    config.generator = dict(network=dict(name="dcgan.Generator", width=16), **player)
    config.discriminator = dict(network=dict(name="dcgan.Discriminator", width=16, normalization="spectral"), **player)
    config.ema = dict(half_life=5_000, ramp_up=0.05)
    config.checkpoint = dict(every=500)
    config.report = dict(every=100, samples_every=500)
    return config
