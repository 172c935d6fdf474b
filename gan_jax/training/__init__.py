"""The step, and everything around it: optimizers, devices, checkpoints, reports, the loop."""
