"""From a trained run to its outputs: by seed, as walks, grids, files and films."""
