"""A room of voxels completed from its left half: pix2pix in three dimensions.

python train.py --config=configs/room_completion.py
python sample.py --workdir=runs/room_completion --seeds=0-15 --out=completed.png
python sample.py --workdir=runs/room_completion --condition source=ROOM.npy --format=glb --out=completed

The column `source` is the room with its right half empty (`data.derive:half`); a room of your own is an array uint8
[32, 32, 32, 1], or a closed mesh in the measures of docs/voxels.md: its left half between -1/2 and 0 in x. For pieces
of furniture that were begun: --config.data.source=furniture
Hardware: two CPU cores. Not measured yet.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=4000, batch_size=8))
    config.data = dict(source=dict(name="rooms", split="[:90%]"), derive=dict(source=dict(name="half", side="right")))
    config.objective = dict(name="translation", source="source")
    falling = dict(name="cosine_decay_schedule", init_value=1e-3, decay_steps=config.steps)
    optimizer = dict(name="adam", learning_rate=falling, b1=0.5)
    config.generator = dict(
        network=dict(name="unet.Generator", width=8, max_width=64, levels=4, initializer="he"),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="hinge"), l1=dict(name="l1", weight=50.0)),
    )
    config.discriminator = dict(
        network=dict(name="patchgan.Discriminator", layers=2, width=16, normalization="spectral"),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="hinge")),
    )
    config.ema = dict(half_life=2000, ramp_up=0.05)
    config.evals = dict(completed=dict(name="occupancy", held_out="rest", num_images=100, draw="image"))
    config.checkpoint = dict(every=500)
    config.report = dict(every=50, samples_every=500, samples=16)
    return config
