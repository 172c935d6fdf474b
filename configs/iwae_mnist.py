"""IWAE (Burda et al. 2016) with 50 samples and one stochastic layer on binarised MNIST.

python train.py --config=configs/iwae_mnist.py
Prepare the data first: without them the message says how. From a file of one's own, of images [N, 28, 28]:
  --config.data.source=npz --config.data.source.path=FILE.npz --config.data.source.split="all[:90%]"
Other numbers of samples K: --config.autoencoder.losses.bound.samples=5. The VAE beside it: K = 1. The gradient of
Tucker et al. 2019: --config.autoencoder.losses.bound.name=doubly_reparameterized

Published, log p(x) by 5,000 samples, images drawn black and white anew in each step: K = 1 -86.76, K = 5 -85.54, K = 50
-84.78, with 19, 22 and 25 of 50 units active; with a second stochastic layer, which is not here, -82.90 for K = 50. As
there: layers of 200 and 200 tanh, 50 latents, Adam with eps 1e-4 and batches of 20, the learning rate
0.001 * 10^(-i/7) for 3^i passes, i = 0 to 7. The decoder's last bias is drawn as the others are.
Not measured here. Hardware: a GPU, days; the last of the eight rates takes two thirds of them.
"""

from ml_collections import ConfigDict

STEPS_PER_PASS = 3000  # of 60,000 images


def get_config():
    ends = [STEPS_PER_PASS * (3 ** (i + 1) - 1) // 2 for i in range(8)]
    rate = dict(
        name="gan_jax.schedules:piecewise_constant",
        boundaries=tuple(ends[:-1]),
        values=tuple(round(1e-3 * 10 ** (-i / 7), 8) for i in range(8)),
    )
    config = ConfigDict(dict(seed=0, steps=ends[-1], batch_size=20))
    config.data = dict(source=dict(name="tfds", dataset="mnist", split="train"), resolution=(28, 28), channels=1)
    config.objective = dict(name="vae", likelihood=dict(name="bernoulli", binarize="dynamic"))
    config.autoencoder = dict(
        network=dict(
            name="vae.VAE",
            encoder=dict(name="dense.Encoder", latent_size=50, hidden=(200, 200)),
            decoder=dict(name="dense.Decoder", hidden=(200, 200)),
        ),
        optimizer=dict(name="adam", learning_rate=rate, b1=0.9, b2=0.999, eps=1e-4),
        losses=dict(bound=dict(name="importance_weighted", samples=50)),
    )
    held_out = dict(held_out="rest", num_images=0)
    config.evals = dict(
        bound=dict(name="importance_weighted_bound", draws=5000, **held_out),
        units=dict(name="active_units", **held_out),
    )
    config.checkpoint = dict(every=10_000)
    config.report = dict(every=1000, samples_every=30_000)
    return config
