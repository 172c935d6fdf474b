"""A room of voxels completed from its left half by a 3-D U-Net.

python train.py --config=configs/room_completion.py
python sample.py --workdir=runs/room_completion --seeds=0-15 --out=completed.png
python sample.py --workdir=runs/room_completion --condition source=ROOM.npy --format=glb --out=completed

The column `source` is the room with its right half empty (`data.derive:half`); a room of your own is an array uint8
[32, 32, 32, 1], or a closed mesh in the measures of docs/voxels.md: its left half between -1/2 and 0 in x. For pieces
of furniture that were begun: --config.data.source=furniture
What can follow in many ways comes out emptier, as the median of all of them is. By a game with a discriminator of
patches (pix2pix in three dimensions) it is furnished, and less exact: --config=configs/room_completion.py:game
Hardware: one core of an Intel Xeon, 8 minutes, for the game 15.

Measured by benchmarks/completion_quality.py: 9,000 rooms, 200 held out, seed 0, 4,000 steps. In the half
that was not given, intersection over union with the true one, and the share of voxels that are full where most rooms
are empty: furniture; and parts of the whole room:
  regression             IoU .849 ± .004   furniture .045   parts 1.45
  game                   .779 ± .005       .055             2.47
  the nearest room       .811 ± .005       .058             1.02
  the usual room         .516 ± .007       0                1.00
  the true room          1                 .058             1.02
"""

from ml_collections import ConfigDict


def get_config(way: str = "regression"):
    config = ConfigDict(dict(seed=0, steps=4000, batch_size=8))
    config.data = dict(source=dict(name="rooms", split="[:90%]"), derive=dict(source=dict(name="half", side="right")))
    network = dict(name="unet.Generator", width=8, max_width=64, levels=4, initializer="he")
    if way == "game":
        config.objective = dict(name="translation", source="source")
        rate = dict(name="cosine_decay_schedule", init_value=1e-3, decay_steps=config.steps)
        optimizer = dict(name="adam", learning_rate=rate, b1=0.5)
        losses = dict(adversarial=dict(name="hinge"), l1=dict(name="l1", weight=50.0))
        config.generator = dict(network=network, optimizer=optimizer, losses=losses)
        config.discriminator = dict(
            network=dict(name="patchgan.Discriminator", layers=2, width=16, normalization="spectral"),
            optimizer=optimizer,
            losses=dict(adversarial=dict(name="hinge")),
        )
    else:
        config.objective = dict(name="regression", source="source")
        config.generator = dict(
            network=dict(**network, dropout=0.0),
            optimizer=dict(name="adam", learning_rate=1e-3),
            losses=dict(l1=dict(name="l1")),
        )
    config.ema = dict(half_life=2000, ramp_up=0.05)
    config.evals = dict(completed=dict(name="occupancy", held_out="rest", num_images=100, draw="image"))
    config.checkpoint = dict(every=500)
    config.report = dict(every=50, samples_every=500, samples=16)
    return config
