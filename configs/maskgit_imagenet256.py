"""MaskGIT (Chang et al. 2022) for ImageNet at 256x256, class-conditional, over the codes of a VQGAN.

python train.py --config=configs/vqgan_f16.py --workdir=runs/vqgan_f16
python train.py --config=configs/maskgit_imagenet256.py --config.dtype=bfloat16
python sample.py --workdir=runs/maskgit_imagenet256 --seeds=0-63 --option steps=8 --out=grid.png
Prepare the data first: without them the message says how. The run keeps a copy of the first stage. With 24 layers:
  --config.prior.network.remat=True where memory is short

Published: FID 6.18 in 8 steps, inception score 182, 227 million parameters, over the authors' own first stage
(reconstructions at FID 2.28), whose training is not public; that of vqgan_f16 has 7.94, and no prior over its codes
does much better than that. There the class is a token and dropout is 0.1; here it modulates the blocks, without
dropout. How long to train is from memory of the paper, 300 passes.
Not measured here. Hardware: eight GPUs or a TPU slice, days.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=1_500_000, batch_size=256))
    config.data = dict(
        source=dict(name="tfds", dataset="imagenet2012", split="train"), resolution=(256, 256), flip=True
    )
    config.frozen = dict(first_stage=dict(name="run", workdir="runs/vqgan_f16"))
    config.objective = dict(name="masked_prior", conditional=True, label_dropout=0.1)
    rate = dict(name="linear_schedule", init_value=0.0, end_value=1e-4, transition_steps=5000)
    config.prior = dict(
        network=dict(name="masked.Transformer", width=768, depth=24, heads=16),
        optimizer=dict(name="adamw", learning_rate=rate, b1=0.9, b2=0.96, weight_decay=0.045),
        losses=dict(guess=dict(name="masked_cross_entropy", label_smoothing=0.1)),
    )
    config.ema = dict(half_life=1_774_000, ramp_up=0.05)  # a decay of 0.9999 a step
    config.checkpoint = dict(every=5000)
    config.report = dict(every=100, samples_every=5000, samples=16)
    return config
