"""Images a second through the feature networks, beside the same networks in PyTorch, in alternation on the same cores.

    python benchmarks/features.py [--peer_python=PYTHON_WITH_TORCH] [--cores=2]

Each side resizes 32x32 images itself; the time is the least of the rounds. On one core it is the processor's time,
which stays what it is on a machine with other work to do.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import time

import numpy as np

HERE = pathlib.Path(__file__).parent
COUNTS = {"squeezenet": 64, "inception": 16}
PEERS = [(4, "channels_last"), (16, "channels_last"), (4, "contiguous_format"), (16, "contiguous_format")]


def ours(name, folder):
    """Features by the package, on drawn weights."""
    import jax
    import jax.numpy as jnp
    from drawn import draw

    from gan_jax.features import inception, squeezenet, weights

    module, network = dict(
        squeezenet=(squeezenet, squeezenet.SqueezeNet()), inception=(inception, inception.Inception())
    )[name]
    shapes = jax.eval_shape(network.init, jax.random.key(0), jnp.zeros((1, 299, 299, 3)))
    file = folder / f"{name}.npz"
    weights.write(file, {key: draw(key, shape) for key, shape in weights.torch_names(shapes).values()})
    return module.make(str(file))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer_python", default=sys.executable)
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=5)
    flags = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: flags.cores])
    sys.path[:0] = [str(HERE / "parity"), str(HERE.parent)]

    import tempfile

    import jax
    from drawn import smooth_images

    clock = time.process_time if flags.cores == 1 else time.perf_counter
    print(f"{flags.cores} cores, {clock.__name__}, jax {jax.__version__}, best of {flags.rounds} rounds, 32x32 images")
    for name, count in COUNTS.items():
        with tempfile.TemporaryDirectory() as folder:
            features = ours(name, pathlib.Path(folder))
        images = smooth_images(count, 32, 32, 3)
        features(images)
        script = str(HERE / "parity" / "torch_speed.py")
        peers = {}
        for batch, layout in PEERS:
            command = [flags.peer_python, script, name, str(flags.cores), str(count), str(batch), layout]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            peers[batch, layout] = process, [], process.stdout.readline().strip()
        mine = []
        for _ in range(flags.rounds):
            start = clock()
            features(images)
            mine.append(clock() - start)
            for process, seconds, _version in peers.values():
                process.stdin.write("\n")
                process.stdin.flush()
                seconds.append(float(process.stdout.readline()))
        print(f"{name}: {count / min(mine):.1f} images/s (spread {np.ptp(mine) / min(mine):.0%})")
        for (batch, layout), (process, seconds, version) in peers.items():
            process.stdin.close()
            process.wait()
            ratio = min(seconds) / min(mine)
            rate = count / min(seconds)
            print(f"  torch {version}, batch {batch}, {layout}: {rate:.1f} images/s; ours is {ratio:.2f} times as fast")


if __name__ == "__main__":
    main()
