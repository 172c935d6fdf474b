"""VQ-VAE (van den Oord et al. 2017) with a moving codebook, for a laptop: 8x8 codes of 32x32 images.

python train.py --config=configs/vqvae_small.py
Finite scalars in place of the codebook: --config.autoencoder.network.quantizer=quantizers.FiniteScalars, or signs:
  --config.autoencoder.network.quantizer=quantizers.Signs --config.autoencoder.losses.entropy=code_entropy
  --config.autoencoder.losses.entropy.weight=0.1
A prior over the codes: configs/maskgit_small.py. Hardware: one core of an AMD EPYC, about 36 minutes.

Measured: Fashion-MNIST, 54,000 images of 28x28 (7x7 codes), seed 0, 40 minutes of a shared core: held-out images come
back with PSNR 25.8 ± .1 dB, SSIM .885, and fd_classifier 18.6 between 5,000 of them and their reconstructions (5,000
training images: 2.2); of the 256 codes 254 occur in a batch, perplexity 210. By
  --config.data.source=npz --config.data.source.path=FILE --config.data.source.split="all[:90%]"
  --config.data.resolution=None
LPIPS on SqueezeNet .049. configs/fsq_small.py has finite scalars beside it, which are a little better.
The first 1,735 steps were made with reconstructions that were clipped, but not called back.
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
            quantizer=dict(name="quantizers.MovingCodebook", codes=256, features=16, restart=0.1),
            decoder=dict(name="residual.Decoder", **shared),
        ),
        optimizer=dict(name="adam", learning_rate=1e-3),
        losses=dict(l1=dict(name="l1"), commitment=dict(name="commitment", weight=0.25)),
    )
    config.ema = dict(half_life=20_000, ramp_up=0.05)
    config.checkpoint = dict(every=1000)
    config.report = dict(every=100, samples_every=1000)
    return config
