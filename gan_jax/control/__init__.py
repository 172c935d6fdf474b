"""Finding and steering: codes of images, what can be done to them, and codes of images that one has."""
