"""What a run keeps on disk, and opening it again: checkpoints, copies of frozen networks, the trained model."""
