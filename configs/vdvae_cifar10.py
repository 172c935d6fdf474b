"""VDVAE (Child 2021) for CIFAR-10, as in the authors' public code: 43 stochastic layers.

python train.py --config=configs/vdvae_cifar10.py --config.dtype=bfloat16
Prepare the data first: without them the message says how. Where memory is short:
  --config.autoencoder.network.remat=True --config.micro_batches=2

Published: 2.87 bits per dimension on the test images, the mean of four seeds (2.879, 2.842, 2.898, 2.864), 39 million
parameters. As there the loss is nats per value of an image, which the bounds on the gradient's norm are for. There
5,000 of the training images are held out. How long to train is not in the code: 1,000,000 steps are a guess.
Not measured here. Hardware: less than a week on two V100 (published).
"""

from ml_collections import ConfigDict

VALUES = 32 * 32 * 3  # of an image


def get_config():
    config = ConfigDict(dict(seed=0, steps=1_000_000, batch_size=32))
    config.data = dict(source=dict(name="tfds", dataset="cifar10", split="train"), resolution=(32, 32))
    config.objective = dict(
        name="hierarchical_vae", likelihood=dict(name="discretized_logistic_mixture", components=10)
    )
    rate = dict(name="linear_schedule", init_value=0.0, end_value=2e-4, transition_steps=100)
    config.autoencoder = dict(
        network=dict(
            name="hierarchical.VDVAE",
            width=384,
            encoder_blocks=(12, 7, 7, 4, 3),
            decoder_blocks=(22, 11, 6, 3, 1),
            latent_channels=16,
        ),
        optimizer=dict(name="adamw", learning_rate=rate, b1=0.9, b2=0.9, weight_decay=0.01),
        losses=dict(
            reconstruction=dict(name="negative_log_likelihood", weight=1 / VALUES),
            kl=dict(name="kl_by_level", weight=1 / VALUES),
        ),
        clip_norm=200.0,
        skip_norm=400.0,
    )
    config.ema = dict(half_life=222_000)  # a decay of 0.9999 a step
    config.evals = dict(bound=dict(name="evidence_lower_bound", held_out="rest", num_images=0, every=50_000))
    config.checkpoint = dict(every=5000)
    config.report = dict(every=100, samples_every=5000)
    return config
