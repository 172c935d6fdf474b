"""Times a network in PyTorch, one round for each line on standard input; started by benchmarks/features.py."""

import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from drawn import smooth_images
from torch_networks import Inception, SqueezeNet

NETWORKS = {"squeezenet": (SqueezeNet, 224, "bicubic"), "inception": (Inception, 299, "bilinear")}


def main(name, threads, count, batch, layout):
    torch.set_num_threads(int(threads))
    make, size, mode = NETWORKS[name]
    memory_format = getattr(torch, layout)
    network = make().eval().to(memory_format=memory_format)
    images = torch.tensor(smooth_images(int(count), 32, 32, 3)).permute(0, 3, 1, 2)

    @torch.inference_mode()
    def features():
        outputs = []
        for part in images.split(int(batch)):
            x = F.interpolate(part.float(), size=(size, size), mode=mode, antialias=mode == "bicubic")
            outputs.append(network((x / 127.5 - 1).contiguous(memory_format=memory_format))[-1])
        return np.concatenate([output.numpy() for output in outputs])

    features()
    print(torch.__version__, flush=True)
    clock = time.process_time if int(threads) == 1 else time.perf_counter
    for _ in sys.stdin:
        start = clock()
        features()
        print(clock() - start, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
