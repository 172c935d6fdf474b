"""Draws from a trained run, by seed: python sample.py --workdir=RUN --seeds=0-63 --out=PATH; --help tells the rest."""

from gan_jax.__main__ import run

if __name__ == "__main__":
    run("sample")
