"""Metrics of image generation: functions of features, images, codes or shapes, which know of no model."""
