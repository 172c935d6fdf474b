"""Small experiments that tests share."""

from typing import Any

UNPAIRED = dict(
    name="unpaired",
    image=dict(name="sprites", count=96, resolution=(8, 8)),
    source=dict(name="sprites", count=40, resolution=(8, 8), seed=5),
)


def gan(**changes: Any) -> dict[str, Any]:
    """A class-conditional GAN with batch normalisation on 8x8 sprites; `a__b=v` sets a.b."""
    player = dict(optimizer=dict(name="sgd", learning_rate=0.01), losses=dict(adversarial=dict(name="nonsaturating")))
    config = dict(
        seed=3,
        steps=6,
        batch_size=32,
        data=dict(source=dict(name="sprites", count=96, resolution=(8, 8))),
        objective=dict(name="gan", latent_size=8, conditional=True),
        generator=dict(network=dict(name="dcgan.Generator", width=8), **player),
        discriminator=dict(network=dict(name="dcgan.Discriminator", width=8, normalization="batch"), **player),
        ema=dict(half_life=100.0),
    )
    return change(config, changes)


def stylegan(**changes: Any) -> dict[str, Any]:
    """A class-conditional StyleGAN2 on 8x8 sprites, with all that it remembers."""
    optimizer = dict(name="sgd", learning_rate=0.01)
    network = dict(width=4, max_width=4)
    config = dict(
        seed=3,
        steps=6,
        batch_size=16,
        data=dict(source=dict(name="sprites", count=96, resolution=(8, 8))),
        objective=dict(name="stylegan", latent_size=8, conditional=True),
        generator=dict(
            network=dict(name="stylegan2.Generator", code_size=8, mapping_depth=2, **network),
            optimizer=optimizer,
            losses=dict(
                adversarial=dict(name="nonsaturating"), path_length=dict(name="path_length", weight=2.0, every=2)
            ),
        ),
        discriminator=dict(
            network=dict(name="stylegan2.Discriminator", **network),
            optimizer=optimizer,
            losses=dict(adversarial=dict(name="nonsaturating"), r1=dict(name="r1", every=2)),
        ),
        ema=dict(half_life=100.0),
    )
    return change(config, changes)


def captioned(**changes: Any) -> dict[str, Any]:
    """A GAN on 8x8 sprites of their captions, with all of its terms."""
    reader = dict(name="text.Encoder", width=8, depth=1, heads=2)
    optimizer = dict(name="sgd", learning_rate=0.01)
    adversarial = dict(name="matching_aware")
    sentence = dict(name="image_sentence", weight=0.1)
    config = dict(
        seed=3,
        steps=4,
        batch_size=16,
        data=dict(
            source=dict(name="sprites", count=64, resolution=(8, 8), captions=True),
            tokenizer=dict(name="words", length=20),
        ),
        objective=dict(name="gan", latent_size=8, condition="text"),
        generator=dict(
            network=dict(
                name="conditional.Generator",
                width=4,
                max_width=4,
                code=4,
                augmented=True,
                attention=8,
                reader=reader,
            ),
            optimizer=optimizer,
            losses=dict(
                adversarial=adversarial,
                sentence=sentence,
                image=dict(name="image_image", weight=0.1),
                divergence=dict(name="conditioning_divergence", weight=0.1),
            ),
        ),
        discriminator=dict(
            network=dict(
                name="conditional.Discriminator",
                features=8,
                reader=reader,
                judge=dict(name="dcgan.Discriminator", width=4, normalization="none", head="features"),
            ),
            optimizer=optimizer,
            losses=dict(
                adversarial=adversarial,
                sentence=sentence,
                penalty=dict(name="matching_penalty", weight=0.01),
                preference=dict(name="caption_preference", weight=0.0),
            ),
        ),
        ema=dict(half_life=100.0),
    )
    return change(config, changes)


def vae(**changes: Any) -> dict[str, Any]:
    """A VAE on 8x8 sprites."""
    config = dict(
        seed=3,
        steps=6,
        batch_size=16,
        data=dict(source=dict(name="sprites", count=96, resolution=(8, 8))),
        objective=dict(name="vae", likelihood=dict(name="bernoulli")),
        autoencoder=dict(
            network=dict(
                name="vae.VAE",
                encoder=dict(name="convolutional.Encoder", width=8, latent_size=4),
                decoder=dict(name="convolutional.Decoder", width=8),
            ),
            optimizer=dict(name="adam", learning_rate=1e-3),
            losses=dict(reconstruction=dict(name="negative_log_likelihood"), kl=dict(name="kl_divergence")),
        ),
    )
    return change(config, changes)


def progressive(**changes: Any) -> dict[str, Any]:
    """A GAN on 8x8 sprites whose networks can grow, at full size."""
    optimizer = dict(name="sgd", learning_rate=0.01)
    losses = dict(adversarial=dict(name="nonsaturating"))
    config = dict(
        seed=3,
        steps=6,
        batch_size=16,
        data=dict(source=dict(name="sprites", count=96, resolution=(8, 8))),
        objective=dict(name="progressive", latent_size=8, fade=4, conditional=True),
        generator=dict(network=dict(name="progan.Generator", width=4, max_width=8), optimizer=optimizer, losses=losses),
        discriminator=dict(
            network=dict(name="progan.Discriminator", width=4, max_width=8),
            optimizer=optimizer,
            losses=dict(**losses, penalty=dict(name="gradient_penalty", weight=10.0)),
        ),
        ema=dict(half_life=100.0),
    )
    return change(config, changes)


def translation(**changes: Any) -> dict[str, Any]:
    """Grey 8x8 sprites into coloured ones, with batch normalisation."""
    player = dict(optimizer=dict(name="sgd", learning_rate=0.01), losses=dict(adversarial=dict(name="nonsaturating")))
    config = dict(
        seed=3,
        steps=6,
        batch_size=16,
        data=dict(source=dict(name="sprites", count=96, resolution=(8, 8)), derive=dict(source=dict(name="grey"))),
        objective=dict(name="translation"),
        generator=dict(network=dict(name="unet.Generator", width=4, max_width=8, levels=2), **player),
        discriminator=dict(network=dict(name="patchgan.Discriminator", layers=1, width=4), **player),
        ema=dict(half_life=100.0),
    )
    return change(config, changes)


def regression(**changes: Any) -> dict[str, Any]:
    """8x8 sprites out of those of half the sides, with a network that enlarges."""
    config = dict(
        seed=3,
        steps=6,
        batch_size=16,
        data=dict(source=dict(name="sprites", count=96, resolution=(8, 8))),
        objective=dict(name="regression"),
        generator=dict(
            network=dict(name="srvgg.Generator", width=4, blocks=1),
            optimizer=dict(name="adam", learning_rate=1e-3),
            losses=dict(l1=dict(name="l1")),
        ),
        ema=dict(half_life=100.0),
    )
    config["data"]["derive"] = dict(source=dict(name="smaller", factor=2))
    return change(config, changes)


def cut(**changes: Any) -> dict[str, Any]:
    """8x8 sprites in the style of others, of six kinds, with mirrored sources."""
    optimizer = dict(name="sgd", learning_rate=0.01)
    config = dict(
        seed=3,
        steps=6,
        batch_size=16,
        data=dict(source=UNPAIRED),
        objective=dict(name="cut", equivariant=True, styles=True),
        generator=dict(
            network=dict(
                name="contrastive.Generator",
                translator=dict(
                    name="translation.Generator", width=4, blocks=1, normalization="none", initializer="xavier"
                ),
                layers=("source", "down_1", "block_0"),
                patches=12,
                width=6,
            ),
            optimizer=optimizer,
            losses=dict(
                adversarial=dict(name="least_squares", weight=0.1),
                nce=dict(name="patch_nce", weight=0.1),
                identity=dict(name="identity_nce", weight=0.1),
                unstyled=dict(name="unstyled", weight=0.1),
            ),
        ),
        discriminator=dict(
            network=dict(name="patchgan.Discriminator", layers=1, width=4, initializer="xavier"),
            optimizer=optimizer,
            losses=dict(adversarial=dict(name="least_squares")),
        ),
        ema=dict(half_life=100.0),
    )
    return change(config, changes)


def cycle_gan(**changes: Any) -> dict[str, Any]:
    """8x8 sprites into others and back, each discriminator with a pool, and networks that keep state of all kinds."""
    optimizer = dict(name="sgd", learning_rate=0.01)
    config = dict(
        seed=3,
        steps=6,
        batch_size=16,
        data=dict(source=UNPAIRED),
        objective=dict(name="cycle_gan", pool=20),
        generator=dict(
            network=dict(name="translation.Generator", width=4, blocks=1, normalization="batch", initializer="xavier"),
            optimizer=optimizer,
            losses=dict(
                adversarial=dict(name="least_squares", weight=0.1),
                cycle=dict(name="l1", weight=0.1),
                identity=dict(name="identity", weight=0.05),
            ),
        ),
        discriminator=dict(
            network=dict(name="patchgan.Discriminator", layers=1, width=4, normalization="spectral"),
            optimizer=optimizer,
            losses=dict(adversarial=dict(name="least_squares"), lecam=dict(name="lecam", weight=0.1)),
        ),
        ema=dict(half_life=100.0),
    )
    return change(config, changes)


def factor_vae(**changes: Any) -> dict[str, Any]:
    """A VAE whose latents a critic judges, with a prior of its own."""
    config = vae(
        objective=dict(name="factor_vae", likelihood=dict(name="bernoulli")),
        autoencoder__network__prior=dict(name="priors.Mixture", components=3),
        autoencoder__losses__ratio=dict(name="density_ratio", weight=5.0),
        critic=dict(
            network=dict(name="dense.Discriminator", width=8, depth=2),
            side="discriminator",
            optimizer=dict(name="adam", learning_rate=1e-3),
            losses=dict(adversarial=dict(name="nonsaturating")),
        ),
    )
    return change(config, changes)


def vae_gan(**changes: Any) -> dict[str, Any]:
    """A class-conditional VAE of maps of latents, whose images a discriminator judges."""
    shared = dict(width=4, max_width=8, levels=1, blocks=1)
    optimizer = dict(name="adam", learning_rate=1e-3)
    config = vae(
        objective=dict(name="vae_gan", likelihood=dict(name="gaussian", scale=1.0), conditional=True, fake="both"),
        autoencoder__side="generator",
        autoencoder__network=dict(
            name="vae.VAE",
            encoder=dict(name="residual.Encoder", latent_channels=2, **shared),
            decoder=dict(name="residual.Decoder", **shared),
        ),
        autoencoder__losses__reconstruction__weight=0.01,
        autoencoder__losses__kl__weight=0.01,
        autoencoder__losses__features=dict(name="feature_distance", weight=0.01),
        autoencoder__losses__adversarial=dict(
            name="adaptive", game=dict(name="hinge"), against=dict(l1=dict(name="l1")), weight=0.8
        ),
        discriminator=dict(
            network=dict(name="dcgan.Discriminator", width=4, normalization="none", head="features"),
            optimizer=optimizer,
            losses=dict(adversarial=dict(name="nonsaturating")),
        ),
    )
    return change(config, changes)


def hierarchical_vae(**changes: Any) -> dict[str, Any]:
    """A hierarchical VAE of three levels."""
    config = vae(
        objective=dict(name="hierarchical_vae", likelihood=dict(name="discretized_logistic_mixture", components=2)),
        autoencoder__network=dict(
            name="hierarchical.VDVAE", width=8, encoder_blocks=(1, 1, 1), decoder_blocks=(1, 1, 1), latent_channels=2
        ),
        autoencoder__losses__reconstruction__weight=0.01,
        autoencoder__losses__kl=dict(name="kl_by_level", free_bits=0.01, weight=0.01),
    )
    return change(config, changes)


def vq(**changes: Any) -> dict[str, Any]:
    """An autoencoder of codes in a moving codebook, whose dead codes begin anew."""
    shared = dict(width=4, max_width=8, levels=1, blocks=1)
    config = vae(
        objective=dict(name="vq", likelihood=dict(name="gaussian", scale=1.0)),
        autoencoder__network=dict(
            name="vq.VQ",
            encoder=dict(name="residual.Encoder", moments=False, **shared),
            quantizer=dict(name="quantizers.MovingCodebook", codes=8, features=3, restart=0.5),
            decoder=dict(name="residual.Decoder", **shared),
        ),
        autoencoder__losses=dict(l1=dict(name="l1"), commitment=dict(name="commitment", weight=0.25)),
    )
    return change(config, changes)


def vq_gan(**changes: Any) -> dict[str, Any]:
    """Codes of finite scalars, whose images a discriminator judges."""
    config = vq(
        objective__name="vq_gan",
        autoencoder__side="generator",
        autoencoder__network__quantizer=dict(name="quantizers.FiniteScalars", levels=(3, 2)),
        autoencoder__losses=dict(
            l1=dict(name="l1"),
            adversarial=dict(name="adaptive", game=dict(name="hinge"), against=dict(l1=dict(name="l1")), weight=0.8),
        ),
        discriminator=dict(
            network=dict(name="patchgan.Discriminator", layers=1, width=4),
            optimizer=dict(name="adam", learning_rate=1e-3),
            losses=dict(adversarial=dict(name="hinge")),
        ),
    )
    return change(config, changes)


def watermark(**changes: Any) -> dict[str, Any]:
    """Eight bits in 8x8 sprites."""
    config = dict(
        seed=3,
        steps=4,
        batch_size=16,
        data=dict(source=dict(name="sprites", count=96, resolution=(8, 8))),
        objective=dict(name="watermark", bits=8),
        coder=dict(
            network=dict(name="watermark.Coder", width=16, hidden=64),
            optimizer=dict(name="adam", learning_rate=3e-3),
            losses=dict(bits="bit_cross_entropy", near="charbonnier", fair="fair_bits"),
        ),
        ema=dict(half_life=100.0),
    )
    return change(config, changes)


def voxels(**changes: Any) -> dict[str, Any]:
    """Furniture of 8x8x8 voxels, turned and mirrored, by a class-conditional GAN with R1."""
    config = gan(
        batch_size=16,
        data=dict(source=dict(name="furniture", count=96, resolution=8), flip=True, turn=True),
        generator__network__width=4,
        discriminator__network=dict(name="dcgan.Discriminator", width=4, normalization="none"),
        discriminator__losses__r1=dict(name="r1", weight=1.0),
    )
    return change(config, changes)


# Every objective of the package, in a small experiment each: tests/test_contract.py holds them to what all must do.
def steered(**changes: Any) -> dict[str, Any]:
    """Latents that are to please, by all that leads to a reward."""
    config = dict(
        seed=3,
        steps=6,
        batch_size=16,
        data=dict(source=dict(name="sprites", count=96, resolution=(8, 8))),
        frozen=dict(source=dict(name="sources:linear")),
        objective=dict(name="steered"),
        policy=dict(
            network=dict(name="steering.Gaussian"),
            optimizer=dict(name="sgd", learning_rate=0.01),
            losses=dict(
                evolution=dict(name="evolution", reward="size", pairs=2),
                held=dict(name="latent_divergence", weight=0.1),
                pathwise=dict(name="pathwise", reward=dict(name="hue", turn=0.5)),
                reinforce=dict(name="reinforce", reward="jpeg_size"),
            ),
        ),
        ema=dict(half_life=100.0),
    )
    return change(config, changes)


GAMES = {
    "captioned": captioned,
    "cut": cut,
    "cycle_gan": cycle_gan,
    "factor_vae": factor_vae,
    "gan": gan,
    "hierarchical_vae": hierarchical_vae,
    "progressive": progressive,
    "steered": steered,
    "stylegan": stylegan,
    "translation": translation,
    "vae": vae,
    "vae_gan": vae_gan,
    "voxels": voxels,
    "vq": vq,
    "vq_gan": vq_gan,
    "watermark": watermark,
}


def change(config: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Sets a.b.c for every a__b__c."""
    config = {key: dict(value) if isinstance(value, dict) else value for key, value in config.items()}
    for key, value in changes.items():
        *path, last = key.split("__")
        section = config
        for part in path:
            section[part] = dict(section.get(part, {}))
            section = section[part]
        section[last] = value
    return config


def painter() -> dict[str, Any]:
    """The objective of docs/extending.md, where its file is at hand."""
    network = dict(name="dcgan.Generator", width=8)
    return dict(
        steps=2,
        batch_size=8,
        data=dict(source=dict(name="sprites", count=16, resolution=(8, 8))),
        objective=dict(name="my_objective:make"),
        painter=dict(network=network, optimizer=dict(name="adam", learning_rate=1e-3), losses=dict(l1=dict(name="l1"))),
    )


def get_config(name: str = "gan") -> dict[str, Any]:
    """This file is a config too: --config=tests/experiments.py:vae."""
    return {**GAMES, "painter": painter}[name]()
