"""Files as they come out of broken disks, cut downloads and bad hands: flipped, cut, doubled and shuffled bytes."""

from collections.abc import Iterator

import numpy as np


def damaged(data: bytes, count: int, seed: int = 0) -> Iterator[bytes]:
    """`count` other files that were this one, always the same for a seed."""
    random = np.random.default_rng(seed)
    for number in range(count):
        spoiled = bytearray(data)
        at, to = sorted(random.integers(0, len(data) + 1, 2).tolist())
        kind = number % 5
        if kind == 0:
            spoiled[int(random.integers(len(data)))] ^= 1 << int(random.integers(8))
        elif kind == 1:
            del spoiled[at:]
        elif kind == 2:
            del spoiled[at : min(to, at + 40)]
        elif kind == 3:
            spoiled[at:at] = spoiled[at:to][:200]
        else:
            for place in random.integers(len(data), size=4).tolist():
                spoiled[place] = int(random.choice([0, 255, 127, 128, int(random.integers(256))]))
        yield bytes(spoiled)
