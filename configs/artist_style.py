"""Photographs in an artist's style, or in several artists', learned from folders of pictures alone.

python train.py --config=configs/artist_style.py \\
  --config.data.source.image.path=PAINTINGS --config.data.source.source.path=PHOTOS
python sample.py --workdir=runs/artist_style --condition source=MINE --option strength=0.6 --out=painted
python sample.py --workdir=runs/artist_style --condition source=MINE --labels=monet --out=monet

PAINTINGS holds one artist's pictures, or a folder for each artist: one generator then learns them all, and the label
says whose style is asked for. CUT (Park et al. 2020) with a generator that is told how much of which style, and a
discriminator with logits of each, as StarGAN v2 has (Choi et al. 2020); of no style it is to leave pictures alone, so
that `strength` goes from the photograph (0) to the style as learned (1), and on.
Both ways, paintings into photographs too, but of one artist and without strengths, by CycleGAN:
  --config=configs/artist_style.py:both
Hardware: one GPU with 12 GB at 256x256; two CPU cores at 64x64, with
  --config.data.resolution="(64, 64)" --config.generator.network.translator.width=16
  --config.discriminator.network.layers=2 --config.discriminator.network.width=32

Measured so at 64x64, seed 0: 1,000 photographs of flowers and 1,000 paintings of others by benchmarks/painter.py, 500
pairs held out (benchmarks/unpaired_quality.py; LPIPS on SqueezeNet, distance of mean colours in [-1, 1]). After 1,000
steps, 15 minutes of a shared core: LPIPS .374 ± .004, colour .125. The photograph itself: .349, .060; any painting:
.447, .297. So early it mutes colours and has no strokes, and is further from the true painting than doing nothing is.
"""

from ml_collections import ConfigDict


def get_config(ways: str = "one"):
    both = ways == "both"
    config = ConfigDict(dict(seed=0, steps=100_000, batch_size=1 if both else 4))
    config.data = dict(
        source=dict(
            name="unpaired",
            image=dict(name="images", path="paintings"),
            source=dict(name="images", path="photos", class_depth=0),
        ),
        resolution=(256, 256),
        channels=3,
        crop="jitter",
        flip=True,
    )
    half = config.steps // 2
    rate = dict(name="linear_schedule", init_value=2e-4, end_value=0.0, transition_begin=half, transition_steps=half)
    optimizer = dict(name="adam", learning_rate=rate, b1=0.5)
    translator = dict(name="translation.Generator", width=64, blocks=9, antialiased=True)
    adversarial = dict(name="least_squares", weight=2.0)
    if both:
        config.objective = dict(name="cycle_gan")
        network = translator
        losses = dict(cycle=dict(name="l1", weight=10.0), identity=dict(name="identity", weight=5.0))
    else:
        config.objective = dict(name="cut", styles=True)
        network = dict(name="contrastive.Generator", translator=translator)
        losses = dict(
            nce=dict(name="patch_nce", weight=0.5),
            identity=dict(name="identity_nce", weight=0.5),
            unstyled=dict(name="unstyled", weight=5.0),
        )
    config.generator = dict(network=network, optimizer=optimizer, losses=dict(adversarial=adversarial, **losses))
    config.discriminator = dict(
        network=dict(name="patchgan.Discriminator", layers=3, width=64),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="least_squares")),
    )
    config.ema = dict(half_life=500 if both else 2000, ramp_up=0.05)
    config.checkpoint = dict(every=5000)
    config.report = dict(every=100, samples_every=5000, samples=16)
    return config
