"""SRResNet (Ledig et al. 2017): four times the sides, as near to the right picture as PSNR can tell.

python train.py --config=configs/srresnet.py --config.data.source.path=FOLDER
python sample.py --workdir=runs/srresnet --condition source=PHOTOGRAPHS --out=enlarged

EDSR's baseline (Lim et al. 2017) is the same with --config.generator.network=edsr.Generator, another scale
--config.data.derive.source.factor=2 or 3. The network has no normalisation, as in what came after the paper; that of
the paper is --config.generator.network.normalization=batch. With --config.evals the run can measure itself:
  --config.evals.set5.name=restoration --config.evals.set5.held_out.name=images --config.evals.set5.held_out.path=SET5
Hardware: one GPU; photographs of DIV2K's size, 2040x1356, are decoded by worker processes, --config.data.workers=8.
"""

from ml_collections import ConfigDict


def get_config():
    steps = 1_000_000
    config = ConfigDict(dict(seed=0, steps=steps, batch_size=16))
    config.data = dict(
        source=dict(name="images", path="photographs", class_depth=0),
        resolution=(96, 96),
        channels=3,
        crop="patch",
        flip=True,
        derive=dict(source=dict(name="smaller", factor=4)),
    )
    config.objective = dict(name="regression", source="source")
    rate = dict(name="cosine_decay_schedule", init_value=2e-4, decay_steps=steps)
    config.generator = dict(
        network=dict(name="srresnet.Generator", normalization="none"),
        optimizer=dict(name="adam", learning_rate=rate, b2=0.99),
        losses=dict(l1=dict(name="l1")),
    )
    config.ema = dict(half_life=11_000)
    config.checkpoint = dict(every=10_000)
    config.report = dict(every=500, samples_every=10_000, samples=16)
    return config
