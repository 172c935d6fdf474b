"""Draws from a trained run, by seed: python sample.py --workdir=RUN --seeds=0-63 --out=PATH; --help tells the rest."""

from gan_jax import command
from gan_jax.commands.sample import main

if __name__ == "__main__":
    command.main(main)
