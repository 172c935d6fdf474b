"""Network architectures, one file each: Flax modules that know nothing of training."""
