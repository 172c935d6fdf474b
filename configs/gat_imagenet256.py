"""GAT (Hyun et al. 2025, "Scalable GANs with Transformers") for ImageNet at 256x256, class-conditional, in pixels.

python train.py --config=configs/gat_imagenet256.py --config.dtype=bfloat16
Prepare the data first: without them the message says how. Sizes s, b, l and xl: --config=configs/gat_imagenet256.py:xl

Published: FID 2.18 for XL/2 after 60 epochs. That is in latents of a Stable Diffusion autoencoder (32x32x4, patches of
2x2), with outputs of the generator after each quarter of its depth that all are judged (MNG) and features of DINOv2
that the discriminator learns to tell. Those three are not here, so neither will the number be: this is the
transformers with the authors' game and augmentations (but for the flips, which the data have), on patches of 16x16
pixels, which are as many tokens. Their penalties are finite differences where these are exact, and of latents: the
weights of R1 and R2 are not tried on pixels.
Not measured here. Hardware: four to eight GPUs, with
  --config.generator.network.remat=True --config.discriminator.network.remat=True
"""

from ml_collections import ConfigDict

SIZES = {"s": (384, 12, 6), "b": (768, 12, 12), "l": (1024, 24, 16), "xl": (1152, 28, 16)}  # width, depth, heads


def get_config(size: str = "b"):
    width, depth, heads = SIZES[size]
    config = ConfigDict(dict(seed=0, steps=150_000, batch_size=512))
    config.data = dict(
        source=dict(name="tfds", dataset="imagenet2012", split="train"), resolution=(256, 256), flip=True
    )
    config.objective = dict(name="gan", latent_size=64, conditional=True, augment=dict(name="diffaugment"))
    # The rate falls as the width grows (the paper's width-aware learning rate).
    optimizer = dict(name="adam", learning_rate=2e-4 * 768 / width, b1=0.0, b2=0.99)
    network = dict(patch=16, width=width, depth=depth, heads=heads)
    config.generator = dict(
        network=dict(name="vit.Generator", modulation="small", **network),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="relativistic_paired")),
        clip_norm=1.0,
    )
    config.discriminator = dict(
        network=dict(name="vit.Discriminator", **network),
        optimizer=optimizer,
        losses=dict(
            adversarial=dict(name="relativistic_paired"),
            r1=dict(name="r1", weight=0.1),
            r2=dict(name="r2", weight=0.1),
        ),
        clip_norm=1.0,
    )
    config.ema = dict(half_life=355_000, ramp_up=0.05)  # a decay of 0.999 a step
    config.checkpoint = dict(every=5000)
    config.report = dict(every=100, samples_every=1250)
    return config
