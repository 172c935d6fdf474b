"""Trains the tower that tells which caption a picture has, for the metric r_precision, on captioned pictures.

gan-jax tower --config=text_sprites --config.data.source.seed=1 [--out=FILE]
"""

import logging
from collections.abc import Sequence

from gan_jax.commands import own_networks
from gan_jax.errors import InputError
from gan_jax.evaluation.train_tower import train
from gan_jax.features import tower
from gan_jax.metrics.r_precision import r_precision


def main(arguments: Sequence[str]) -> int:
    """Trains on `config.data`, and tells R-precision on every tenth example, which is held out."""
    parser = own_networks.parser("tower", __doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=2000, help="of training, of 128 examples each")
    flags, config = own_networks.parse(parser, arguments)
    if flags.steps < 1:
        raise InputError(f"--steps={flags.steps} should be at least 1.")
    data = own_networks.data(config, "data")
    if not data.tokenizers:
        raise InputError("The tower reads captions: data.tokenizer says how, of a source with a column of strings.")
    column, tokenizer = next(iter(data.tokenizers.items()))
    arrays = data.arrays()
    images, tokens = arrays["image"], arrays[column]
    held_out = own_networks.held_out(len(images), flags.seed)
    captions = [tokenizer.decode(row) for row in tokens[held_out]]
    candidates = min(100, len(set(captions)))
    if candidates < 2:
        raise InputError(f"The {len(captions)} held-out captions are all {captions[0]!r}: there is nothing to choose.")
    trained = train(images[~held_out], tokens[~held_out], tokenizer, steps=flags.steps, seed=flags.seed)
    features = trained.images(images[held_out]), trained.texts(captions)
    found = r_precision(*features, captions, candidates)
    sha256 = tower.write(flags.out, trained, held_out=found.value, candidates=candidates)
    logging.info(
        "%s: R-precision of %d captions %.3f on %d held-out pictures, SHA-256 %s",
        *(flags.out, candidates, found.value, len(captions), sha256),
    )
    return 0
