"""The resize `clean` against clean-fid's own, up and down to 299x299: prints some values and the largest difference.

    python benchmarks/parity/clean_resize.py

Needs torch and clean-fid beside the package. The values are the golden numbers of tests/metrics/test_resize.py.
"""

import sys

import jax.numpy as jnp
import numpy as np
from cleanfid.resize import build_resizer
from drawn import smooth_images

from gan_jax.features.resize import resize

TOLERANCE = 1e-3  # of 255 levels, in float32


def main() -> int:
    peer, worst = build_resizer("clean"), 0.0
    for side in (32, 500):
        image = smooth_images(1, side, side, 3)[0]
        theirs = peer(image)
        ours = np.asarray(resize(jnp.asarray(image[None], jnp.float32), (299, 299), "clean")[0])
        difference = float(np.abs(ours - theirs).max())
        worst = max(worst, difference)
        print(f"{side} -> 299: {theirs[150, 148:151].ravel().tolist()}, largest difference {difference:.2g}")
    return 0 if worst < TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())
