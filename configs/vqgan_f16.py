"""VQGAN (Esser et al. 2021) for ImageNet at 256x256: 16x16 codes of 1,024, the first stage of maskgit_imagenet256.

python train.py --config=configs/vqgan_f16.py --config.frozen.lpips=lpips
  --config.autoencoder.losses.perceptual=perceptual
  --config.autoencoder.losses.adversarial.against.perceptual=perceptual
With 16,384 codes: --config=configs/vqgan_f16.py:16384. Prepare the data first: without them the message says how.
LPIPS needs weights: docs/metrics.md, Weights, says how to get them. Without the settings that name it, images are
compared by l1 alone.

Published: reconstructions of the validation images at FID 7.94 with 1,024 codes, 4.98 with 16,384. There LPIPS is of
VGG, here of SqueezeNet; the commitment has the weight that the paper gives it, where the public code gives it to the
other term. The batch is that of eight GPUs. How long to train is not in the code: 600,000 steps are a guess.
Not measured here. Hardware: eight GPUs, days.
"""

from ml_collections import ConfigDict

BEGIN = 250_001  # the step from which on images are judged


def get_config(codes: str = "1024"):
    config = ConfigDict(dict(seed=0, steps=600_000, batch_size=24))
    config.data = dict(
        source=dict(name="tfds", dataset="imagenet2012", split="train"), resolution=(256, 256), flip=True
    )
    config.objective = dict(name="vq_gan", likelihood=dict(name="gaussian", scale=1.0))
    shared = dict(levels=4, channels=(128, 128, 256, 256, 512), blocks=2, attention=True)
    optimizer = dict(name="adam", learning_rate=4.5e-6 * 24, b1=0.5, b2=0.9)

    def from_there_on(weight):
        return dict(name="gan_jax.schedules:piecewise_constant", boundaries=(BEGIN,), values=(0.0, weight))

    against = dict(l1=dict(name="l1"))
    config.autoencoder = dict(
        network=dict(
            name="vq.VQ",
            encoder=dict(name="residual.Encoder", moments=False, latent_channels=256, **shared),
            quantizer=dict(name="quantizers.Codebook", codes=int(codes), features=256),
            decoder=dict(name="residual.Decoder", **shared),
        ),
        side="generator",
        optimizer=optimizer,
        losses=dict(
            l1=dict(name="l1"),
            codebook=dict(name="codebook"),
            commitment=dict(name="commitment", weight=0.25),
            adversarial=dict(name="adaptive", game=dict(name="hinge"), against=against, weight=from_there_on(0.8)),
        ),
    )
    config.discriminator = dict(
        network=dict(name="patchgan.Discriminator", layers=3, width=64, normalization="batch"),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="hinge", weight=from_there_on(1.0))),
    )
    config.ema = dict(half_life=20_000, ramp_up=0.05)
    config.checkpoint = dict(every=5000)
    config.report = dict(every=100, samples_every=5000, samples=16)
    return config
