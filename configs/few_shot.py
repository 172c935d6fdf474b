"""A trained GAN brought to a new look by 10 to 100 pictures of it (docs/personal.md).

python train.py --config=configs/dcgan.py --workdir=runs/dcgan
python train.py --config=configs/few_shot.py:runs/dcgan --config.data.source=images --config.data.source.path=FOLDER

What follows the colon is the run to begin with: a `gan` or `stylegan` of any networks, which are taken from it. The
generator is held to it by correspondence (Ojha et al. 2021), and the discriminator sees changed pictures. Elastic
weight consolidation (Li et al. 2020) in its place, or beside it:
  --config.generator.losses.elastic=elastic --config.generator.losses.elastic.weight=1000
  --config.frozen.importance=importance --config.frozen.importance.workdir=runs/dcgan
The other half of Ojha et al., for ten pictures or so: behind another colon the discriminator's layer by whose patches
all images are judged but those near a few fixed latents, which are judged as a whole:
  --config=configs/few_shot.py:runs/dcgan:down_1
Hardware: one CPU core.

Measured: a DCGAN of Fashion-MNIST (28x28, 339,000 images shown) to 100 of mnist_t10k, 800 steps, 1 to 5 minutes on one
core of a busy machine; means of seeds 0 to 2. Against 1,000 other digits, the Fréchet distance of pixels at 8x8 and, in
brackets, the kernel distance x 1000 in random features; then intra_lpips_squeeze of 400 images (real digits: 0.072) and
the rank correlation of 200 with the source. From scratch .65 (52), .106, .02; without a term .48 (0.5), .089, .26;
correspondence of 300 .52 (1.1), .092, .30; elastic of 1,000 .57 (11), .106, .46.
"""

from ml_collections import ConfigDict

from gan_jax.config import files


def get_config(of="runs/dcgan"):
    source, _, layer = of.partition(":")
    first = files.of_run(source)
    config = ConfigDict(dict(seed=0, steps=1500, batch_size=16))
    data = {name: first["data"][name] for name in ("resolution", "channels") if name in first["data"]}
    config.data = dict(source=dict(name="sprites", count=100, seed=1), **data)
    config.frozen = dict(source=dict(name="run", workdir=source))
    config.objective = {**first["objective"], "augment": dict(name="diffaugment")}
    for player in ("generator", "discriminator"):
        parts = {name: first[player][name] for name in ("network", "optimizer", "losses")}
        config[player] = dict(init_from=source, **parts)
    if layer:
        config.discriminator.network = dict(
            name="patch_head.Discriminator", judge=first["discriminator"]["network"], layer=layer
        )
        for player in ("generator", "discriminator"):
            game = dict(name=first[player]["losses"]["adversarial"]["name"])
            config[player].losses.adversarial = dict(name="patchwise", game=game, weight=0.75)
            config[player].losses.anchors = dict(name="anchored", game=game, weight=0.25, every=4)
    config.generator.losses.correspondence = dict(name="correspondence", weight=300.0)
    config.ema = dict(half_life=2000)
    config.checkpoint = dict(every=500)
    config.report = dict(every=50, samples_every=250)
    return config
