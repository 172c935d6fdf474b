"""Trains a model: python train.py --config=quickstart [--workdir=DIR] [--config.steps=100 ...]; see --help."""

from gan_jax.__main__ import run

if __name__ == "__main__":
    run("train")
