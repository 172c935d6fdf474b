"""CUT (Park et al. 2020): pictures in the look of others, one way, without pairs; with `:fast` FastCUT.

python train.py --config=configs/cut.py --config.data.source.image.path=ZEBRAS --config.data.source.source.path=HORSES
python sample.py --workdir=runs/cut --condition source=MY_HORSES --out=zebras

CUT holds patches of the answer against those of the source, and pictures of the wanted kind against themselves, for 400
epochs, here of 1,334 pictures; FastCUT does without the second, with mirrored sources, for 200:
  --config=configs/cut.py:fast
Where answers invent things, raise --config.generator.losses.nce.weight; where nothing changes, as at FastCUT's weight
of 10 it may come, lower it. configs/cut_small.py is for a laptop.
Hardware: one GPU with 12 GB at 256x256.
"""

from ml_collections import ConfigDict


def get_config(kind: str = "published"):
    fast = kind == "fast"
    config = ConfigDict(dict(seed=0, steps=266_800 if fast else 533_600, batch_size=1))
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
    config.objective = dict(name="cut", equivariant=fast)
    begin = config.steps * 3 // 4 if fast else config.steps // 2
    rate = dict(
        name="linear_schedule",
        init_value=2e-4,
        end_value=0.0,
        transition_begin=begin,
        transition_steps=config.steps - begin,
    )
    optimizer = dict(name="adam", learning_rate=rate, b1=0.5)
    kept = dict(
        nce=dict(name="patch_nce", weight=0.5),
        identity=dict(name="identity_nce", weight=0.5),
    )
    config.generator = dict(
        network=dict(
            name="contrastive.Generator",
            translator=dict(name="translation.Generator", width=64, blocks=9, antialiased=True, initializer="faint"),
        ),
        optimizer=optimizer,
        losses=dict(
            adversarial=dict(name="least_squares", weight=2.0),  # of which the package has the half
            **(dict(nce=dict(name="patch_nce", weight=10.0)) if fast else kept),
        ),
    )
    config.discriminator = dict(
        network=dict(name="patchgan.Discriminator", layers=3, width=64, initializer="faint"),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="least_squares")),
    )
    config.ema = dict(half_life=500, ramp_up=0.05)
    config.checkpoint = dict(every=5000)
    config.report = dict(every=100, samples_every=5000, samples=16)
    return config
