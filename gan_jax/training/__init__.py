"""The step, and everything around it: optimizers, devices, the loop, reports and pictures."""
