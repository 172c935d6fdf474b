"""Metrics of image generation, and the features that they look at."""
