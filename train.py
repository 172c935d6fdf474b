"""Trains a model: python train.py --config=quickstart [--workdir=DIR] [--config.steps=100 ...]; see --help."""

from gan_jax import command
from gan_jax.commands.train import main

if __name__ == "__main__":
    command.main(main)
