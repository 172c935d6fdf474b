"""What of voxels is inside."""

import numpy as np
from jaxtyping import Bool, UInt8

HALF = 127.5  # of 255: what is more is inside


def fullness(voxels: UInt8[np.ndarray, "*space channels"]) -> UInt8[np.ndarray, "*space"]:
    """How full each voxel is: of one channel it says so, of four the last, of two or three the brightest."""
    return voxels[..., -1] if voxels.shape[-1] in (1, 4) else voxels.max(axis=-1)


def inside(voxels: UInt8[np.ndarray, "*space channels"]) -> Bool[np.ndarray, "*space"]:
    """Where a voxel is more than half full."""
    return fullness(voxels) > HALF
