"""What both networks of a game are told: which column, and who reads it."""

import experiments
import numpy as np
import pytest
from bert import checkpoint

from gan_jax.config import experiment, schema
from gan_jax.errors import InputError
from gan_jax.features import weights as weight_files
from gan_jax.training import assembly

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "cat", "dog", "##s", "two", "red", "blue", "on"]
VECTORS = dict(name="vectors.Encoder", width=8)


def tried(**changes):
    """The metrics of a step, on shapes alone."""
    config = schema.resolve_config(experiments.captioned(**changes))
    frozen = experiment.make_frozen(config, {})
    return assembly.dry_run(config, experiment.make_facts(experiment.make_data(config)), frozen=frozen)


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """The settings of a set with captions and embeddings, of a vocabulary, and of a checkpoint for it."""
    folder = tmp_path_factory.mktemp("named")
    (folder / "vocab.txt").write_text("\n".join(PIECES))
    weight_files.write(folder / "tiny.npz", checkpoint())
    captions = ["a cat", "two dogs", "a red dog", "cats on dog"] * 4
    embedding = np.random.default_rng(0).normal(size=(16, 5)).astype(np.float32)
    np.savez(folder / "set.npz", images=np.zeros((16, 8, 8, 3), np.uint8), names=captions, vectors=embedding)
    source = dict(name="npz", path=str(folder / "set.npz"), columns=(("text", "names"), ("embedding", "vectors")))
    return dict(
        data__source=source,
        data__tokenizer=dict(name="wordpiece", vocabulary=str(folder / "vocab.txt")),
        generator__network__reader=VECTORS,
        discriminator__network__reader=VECTORS,
        frozen=dict(minilm=dict(name="minilm", weights=str(folder / "tiny.npz"), heads=2)),
    )


@pytest.mark.parametrize("words", [False, True])
def test_a_frozen_encoder_reads_for_both(named, words):
    frozen = {"minilm": {**named["frozen"]["minilm"], "words": words}}
    found = tried(**{**named, "frozen": frozen}, objective__encoder="minilm")
    assert "generator/divergence" in found.metrics and found.draws["image"].shape == (8, 8, 3)


def test_an_embedding_is_a_column(named):
    found = tried(**{**named, "frozen": {}}, objective__condition="embedding")
    assert "discriminator/penalty" in found.metrics


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(objective__condition="txt"), r"objective\.condition = 'txt' is no column.*'text'"),
        (dict(objective__conditional=True), r"a class, or a column"),
        (dict(objective__encoder="minilm"), r"objective\.encoder = 'minilm' is none of `frozen`"),
        (dict(objective__condition="", objective__encoder="x"), r"which is not set"),
        (dict(frozen=dict(x=dict(name="random")), objective__encoder="x"), r"is nothing that reads"),
        (dict(objective__condition="label"), r"is a class.*conditional = True"),
        (dict(generator__network__augmented=False), r"augmented = True is what makes a Gaussian"),
    ],
)
def test_what_cannot_be_told_is_refused(changes, message):
    with pytest.raises(InputError, match=message):
        tried(**changes)


def test_an_encoder_knows_other_tokens(named):
    words = dict(name="words", length=8)
    with pytest.raises(InputError, match=r"it knows 12 tokens, and the column 'text' has \d+.*wordpiece"):
        tried(**{**named, "data__tokenizer": words}, objective__encoder="minilm")
