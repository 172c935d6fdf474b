"""Finite scalar quantization (Mentzer et al. 2024) for a laptop: 8x8 codes, of 1,000, of 32x32 images.

python train.py --config=configs/fsq_small.py
Nothing of the codes is learned, so there is no term of them. A prior over the codes: configs/maskgit_small.py with
  --config.frozen.first_stage.workdir=runs/fsq_small
The paper's other numbers of codes: --config.autoencoder.network.quantizer.levels="(8,6,5)" for 240, (7,5,5,5,5) for
4,375, (8,8,8,6,5) for 15,360. Hardware: one core of an AMD EPYC, about 36 minutes.

Measured beside the moving codebook of configs/vqvae_small.py, each seed 0 and 4,000 steps: Fashion-MNIST, 54,000 images
of 28x28 (7x7 codes), reconstructions of 5,000 held-out ones; LPIPS on SqueezeNet, distances in a classifier's features
(5,000 training images: 2.2); codes in a batch of 64 images:
                    codes   PSNR   SSIM   LPIPS   fd     codes in use   perplexity
  this              1,000   26.0   .896   .042    14.1   .79            549
  vqvae_small       256     25.8   .885   .049    18.6   .99            210
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=4000, batch_size=64))
    config.data = dict(source=dict(name="sprites"), resolution=(32, 32))
    config.objective = dict(name="vq", likelihood=dict(name="gaussian", scale=1.0))
    shared = dict(levels=2, width=32, max_width=64, blocks=1)
    config.autoencoder = dict(
        network=dict(
            name="vq.VQ",
            encoder=dict(name="residual.Encoder", moments=False, latent_channels=64, **shared),
            quantizer=dict(name="quantizers.FiniteScalars", levels=(8, 5, 5, 5)),
            decoder=dict(name="residual.Decoder", **shared),
        ),
        optimizer=dict(name="adam", learning_rate=1e-3),
        losses=dict(l1=dict(name="l1")),
    )
    config.ema = dict(half_life=20_000, ramp_up=0.05)
    config.checkpoint = dict(every=1000)
    config.report = dict(every=100, samples_every=1000)
    return config
