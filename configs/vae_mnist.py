"""Convolutional VAE on binarised MNIST, each image drawn black and white anew in each step.

python train.py --config=configs/vae_mnist.py
Prepare the data first: without them the message says how. From a file of one's own, of images [N, 28, 28]:
  --config.data.source=npz --config.data.source.path=FILE.npz --config.data.source.split="all[:90%]"
Fixed binary images, whose values are not comparable with these: --config.objective.likelihood.binarize=fixed

Published, for the scale: with dense layers and one stochastic layer log p(x) -86.76 by K = 5,000 (Burda et al. 2016,
dynamic binarisation); convolutional hierarchies reach -78.01 (NVAE) and -79.09 (Efficient-VDVAE).
Measured on little, 9,000 digits (nine tenths of MNIST's test split), seed 0, dynamic binarisation, 10,000 steps in 13
minutes of one core: of the other 1,000 the evidence lower bound is -93.3 (reconstruction -66.8, KL 26.5). Not to be
compared with the published: those had 60,000 digits to train on, and are of 5,000 draws. So they are asked of a run:
  gan-jax metrics "npz(path='FILE.npz', split='all[90%:]')" run:RUN --metrics="importance_weighted_bound(draws=5000)"
Hardware: two CPU cores.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=40_000, batch_size=100))
    config.data = dict(source=dict(name="tfds", dataset="mnist", split="train"), resolution=(28, 28), channels=1)
    config.objective = dict(name="vae", likelihood=dict(name="bernoulli", binarize="dynamic"))
    config.autoencoder = dict(
        network=dict(
            name="vae.VAE",
            encoder=dict(name="convolutional.Encoder", latent_size=32, width=16),
            decoder=dict(name="convolutional.Decoder", width=16),
        ),
        optimizer=dict(name="adam", learning_rate=1e-3),
        losses=dict(reconstruction=dict(name="negative_log_likelihood"), kl=dict(name="kl_divergence")),
    )
    config.ema = dict(half_life=20_000, ramp_up=0.05)
    held_out = dict(held_out="rest", num_images=0)
    config.evals = dict(
        bound=dict(name="evidence_lower_bound", **held_out),
        tighter=dict(name="importance_weighted_bound", draws=100, **held_out),
        units=dict(name="active_units", **held_out),
    )
    config.checkpoint = dict(every=2000)
    config.report = dict(every=100, samples_every=2000)
    return config
