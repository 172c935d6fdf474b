"""Strings as the numbers of their tokens; what a user writes of them is read by the run's own tokenizer."""

from gan_jax.data.kinds import tokens

fit, flip, picture, quantise, parse = tokens.fit, tokens.flip, tokens.picture, tokens.quantise, tokens.parse
