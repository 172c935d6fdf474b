"""MaskGIT (Chang et al. 2022) over the codes of a first stage, class-conditional, for a laptop.

python train.py --config=configs/vqvae_small.py --workdir=runs/first_stage
python train.py --config=configs/maskgit_small.py --config.frozen.first_stage.workdir=runs/first_stage
python sample.py --workdir=runs/maskgit_small --seeds=0-63 --option steps=12 --out=grid.png
The run keeps a copy of the first stage, so its checkpoints draw images by themselves. Options of drawing: `steps`,
`temperature`, `guidance`, `order=halton`. Hardware: one core of an AMD EPYC, about an hour. Not measured yet.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=5000, batch_size=64))
    config.data = dict(source=dict(name="sprites"), resolution=(32, 32))
    config.frozen = dict(first_stage=dict(name="run", workdir="runs/vqvae_small"))
    config.objective = dict(name="masked_prior", conditional=True)
    config.prior = dict(
        network=dict(name="masked.Transformer", width=128, depth=4, heads=4),
        optimizer=dict(name="adamw", learning_rate=5e-4, b1=0.9, b2=0.96, weight_decay=0.045),
        losses=dict(guess=dict(name="masked_cross_entropy")),
        clip_norm=1.0,
    )
    config.ema = dict(half_life=20_000, ramp_up=0.05)
    config.checkpoint = dict(every=1000)
    config.report = dict(every=100, samples_every=1000)
    return config
