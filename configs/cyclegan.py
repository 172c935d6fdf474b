"""CycleGAN (Zhu et al. 2017): horses into zebras and back, or any two sets of pictures without pairs.

python train.py --config=configs/cyclegan.py \\
  --config.data.source.image.path=ZEBRAS --config.data.source.source.path=HORSES
python sample.py --workdir=runs/cyclegan --condition source=MY_HORSES --out=zebras
python sample.py --workdir=runs/cyclegan --draw=source --condition image=MY_ZEBRAS --out=horses

The weights, the pool of 50, the linear decay of the second half and the batch of one are the published ones; steps are
200 epochs of 1,334 pictures. Sets whose colours may change as they like, such as maps and photographs from the air, do
without --config.generator.losses.identity. configs/cyclegan_small.py is for a laptop.
Hardware: one GPU with 12 GB at 256x256.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=266_800, batch_size=1))
    config.data = dict(
        source=dict(
            name="unpaired",
            image=dict(name="images", path="zebras", class_depth=0),
            source=dict(name="images", path="horses", class_depth=0),
        ),
        resolution=(256, 256),
        channels=3,
        crop="jitter",
        flip=True,
    )
    config.objective = dict(name="cycle_gan", pool=50)
    half = config.steps // 2
    rate = dict(
        name="linear_schedule",
        init_value=2e-4,
        end_value=0.0,
        transition_begin=half,
        transition_steps=config.steps - half,
    )
    optimizer = dict(name="adam", learning_rate=rate, b1=0.5)
    config.generator = dict(
        network=dict(name="translation.Generator", width=64, blocks=9),
        optimizer=optimizer,
        losses=dict(
            adversarial=dict(name="least_squares", weight=2.0),  # of which the package has the half
            cycle=dict(name="l1", weight=10.0),
            identity=dict(name="identity", weight=5.0),
        ),
    )
    config.discriminator = dict(
        network=dict(name="patchgan.Discriminator", layers=3, width=64),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="least_squares")),
    )
    config.ema = dict(half_life=500, ramp_up=0.05)
    config.checkpoint = dict(every=5000)
    config.report = dict(every=100, samples_every=5000, samples=16)
    return config
