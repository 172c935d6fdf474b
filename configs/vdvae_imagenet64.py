"""VDVAE (Child 2021) for ImageNet at 64x64, as in the authors' public code: 75 stochastic layers.

python train.py --config=configs/vdvae_imagenet64.py --config.dtype=bfloat16 --config.autoencoder.network.remat=True
Prepare the data first: without them the message says how.

Published: 3.52 bits per dimension on the validation images, 125 million parameters. These are the images of van den
Oord et al. 2016; the set that is called imagenet_resized was made smaller with another filter, and its values (3.30 of
Efficient-VDVAE) are no values of these. As there the loss is nats per value of an image. How long to train is not in
the code: 500,000 steps are a guess.
Not measured here. Hardware: 32 V100, weeks (published).
"""

from ml_collections import ConfigDict

VALUES = 64 * 64 * 3  # of an image


def get_config():
    config = ConfigDict(dict(seed=0, steps=500_000, batch_size=128))
    config.data = dict(
        source=dict(name="tfds", dataset="downsampled_imagenet/64x64", split="train"), resolution=(64, 64)
    )
    config.objective = dict(
        name="hierarchical_vae", likelihood=dict(name="discretized_logistic_mixture", components=10)
    )
    rate = dict(name="linear_schedule", init_value=0.0, end_value=1.5e-4, transition_steps=100)
    config.autoencoder = dict(
        network=dict(
            name="hierarchical.VDVAE",
            width=512,
            encoder_blocks=(12, 21, 10, 9, 8, 5),
            decoder_blocks=(13, 32, 16, 8, 4, 2),
            latent_channels=16,
        ),
        optimizer=dict(name="adamw", learning_rate=rate, b1=0.9, b2=0.9, weight_decay=0.01),
        losses=dict(
            reconstruction=dict(name="negative_log_likelihood", weight=1 / VALUES),
            kl=dict(name="kl_by_level", weight=1 / VALUES),
        ),
        clip_norm=220.0,
        skip_norm=380.0,
    )
    config.ema = dict(half_life=88_700)  # a decay of 0.999 a step
    config.evals = dict(bound=dict(name="evidence_lower_bound", held_out="rest", num_images=0, every=50_000))
    config.checkpoint = dict(every=5000)
    config.report = dict(every=100, samples_every=5000)
    return config
