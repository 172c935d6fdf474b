"""What objectives share about their latents."""

from gan_jax.errors import InputError


def check_truncation(truncation: float) -> None:
    """Refuses what is no bound or scale."""
    if not 0 <= truncation < float("inf"):
        raise InputError(f"truncation = {truncation} should be a number from 0 on.")
