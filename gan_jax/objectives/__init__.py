"""Games to train, one file per family: what is initialised, which losses are minimised, how to sample."""
