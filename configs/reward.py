"""A trained GAN made to please: a reward of its images, and a discriminator that holds it to where it began.

python train.py --config=configs/dcgan.py --workdir=runs/dcgan
python train.py --config=configs/reward.py:runs/dcgan --config.generator.losses.reward.reward=my_lab:reward

What follows the colon is the run to begin with, of whose kind and data this one is (docs/rewards.md). The weight of
`start` is beta: where E[r] - beta KL(now || start) is largest, an image is exp(r / beta) times as likely as before.
Hardware: one CPU core.

Measured: a DCGAN of Fashion-MNIST, r = the probability of a bag by a logistic regression of 300 images, learning rate
2e-4, 400 steps, seed 0, 3 to 5 minutes on one core of a busy machine. r, a held-out reward (docs/rewards.md) and the
Fréchet distance to the start, of pixels at 8x8: start .08, .017, 0; without `start` .98, .000, 7.8, the held-out reward
falling from step 100 on; with beta = 0.3 .30, .049, 0.48. Drawn by rejection at that beta: .26, .075.
"""

from ml_collections import ConfigDict

from gan_jax.config import files


def get_config(source="runs/dcgan"):
    first = files.of_run(source)
    config = ConfigDict(dict(seed=0, steps=500, batch_size=32))
    config.data = first["data"]
    config.frozen = dict(source=dict(name="run", workdir=source))
    config.objective = {**first["objective"], "augment": None}
    start = dict(name="start_ratio", weight=0.3)
    for player, losses in (
        ("generator", dict(start=start, reward=dict(name="pathwise", reward=dict(name="sharpness")))),
        ("discriminator", dict(start=dict(name="start_ratio"), r1=dict(name="r1", weight=0.1, every=4))),
    ):
        parts = {name: first[player][name] for name in ("network", "optimizer")}
        config[player] = dict(init_from=source, losses=losses, **parts)
    config.evals = dict(reward=dict(name="rewarded", reward=dict(name="sharpness"), num_images=200, every=100))
    config.ema = dict(half_life=500)
    config.checkpoint = dict(every=100)
    config.report = dict(every=20, samples_every=100)
    return config
