"""Small experiments that tests share."""

from typing import Any


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


# Every objective of the package, in a small experiment each: tests/test_contract.py holds them to what all must do.
GAMES = {"gan": gan, "progressive": progressive, "stylegan": stylegan, "translation": translation, "vae": vae}


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
