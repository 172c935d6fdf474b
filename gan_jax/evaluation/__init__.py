"""Sets of images and models measured by name: in the training loop and from the shell."""
