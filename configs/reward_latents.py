"""A trained generator asked for what pleases: the distribution of its latents learns, it stays as it is.

python train.py --config=configs/dcgan.py --workdir=runs/dcgan
python train.py --config=configs/reward_latents.py:runs/dcgan --config.policy.losses.reward.reward=my_lab:reward

A reward needs no gradient here: that of the example is the size of a JPEG file. Images stay among those that the run
can make, and the weight of `held` is beta, exactly (docs/rewards.md).
Hardware: one CPU core.

Measured: a DCGAN of Fashion-MNIST, 300 steps, seed 0, half a minute on one core: the mean JPEG size of 200 images from
0.89 to 1.14 kB, 8.4 nats from the start (the best of 64 has 1.11 kB in the mean), pixels .86 apart (start .83).
"""

from ml_collections import ConfigDict

from gan_jax.config import files


def get_config(source="runs/dcgan"):
    first = files.of_run(source)
    config = ConfigDict(dict(seed=0, steps=500, batch_size=64))
    config.data = first["data"]
    config.frozen = dict(source=dict(name="run", workdir=source))
    config.objective = dict(name="steered")
    config.policy = dict(
        network=dict(name="steering.Gaussian"),
        optimizer=dict(name="adam", learning_rate=1e-2),
        losses=dict(
            reward=dict(name="reinforce", reward=dict(name="jpeg_size")),
            held=dict(name="latent_divergence", weight=0.01),
        ),
    )
    config.evals = dict(reward=dict(name="rewarded", reward=dict(name="jpeg_size"), num_images=200, every=100))
    config.ema = dict(half_life=500)
    config.checkpoint = dict(every=100)
    config.report = dict(every=20, samples_every=100)
    return config
