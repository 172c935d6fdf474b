"""The formats in which weights are published, read into arrays under PyTorch's names; no pickle is executed."""

import pathlib
import tarfile

import numpy as np

from gan_jax.errors import InputError
from gan_jax.features import weights

MAX_GRAPH = 2**30  # bytes; a protocol buffer of more than twice that cannot be


def read(file: pathlib.Path) -> dict[str, np.ndarray]:
    """Reads a .pth (through PyTorch's weights-only loader), a GraphDef (.pb, .tgz), an npz or a safetensors file."""
    try:
        return _read(file)
    except InputError:
        raise
    except Exception as error:  # each of the formats tells damage in its own way
        raise InputError(f"{file} cannot be read as weights: {str(error) or type(error).__name__}") from error


def _read(file: pathlib.Path) -> dict[str, np.ndarray]:
    if file.suffix in (".pth", ".pt"):
        return _prefix_lpips_heads(_read_torch(file), file.stem)
    if file.suffix == ".pb":
        return _read_graph(file.read_bytes())
    if file.suffix in (".tgz", ".gz"):
        with tarfile.open(file) as archive:
            member = next((m for m in archive.getmembers() if m.name.endswith(".pb")), None)
            if member is None or not member.isfile():
                raise InputError(f"{file}: it holds no .pb file")
            if member.size > MAX_GRAPH:
                raise InputError(f"{file}: {member.name} has {member.size:,} bytes, and at most {MAX_GRAPH:,} are read")
            return _read_graph(archive.extractfile(member).read())
    return weights.read(file).arrays


def _read_torch(file: pathlib.Path) -> dict[str, np.ndarray]:
    try:
        import torch
    except ModuleNotFoundError:
        raise InputError(
            f"{file}: PyTorch is needed once to read a .pth; run the conversion in any environment that has it "
            "(pip install torch) and copy the npz"
        ) from None
    state = torch.load(file, map_location="cpu", weights_only=True)
    return {name: value.float().numpy() for name, value in state.items() if value.is_floating_point()}


def _prefix_lpips_heads(arrays: dict[str, np.ndarray], network: str) -> dict[str, np.ndarray]:
    """LPIPS publishes its heads in a file per network, named after it, with the same keys in each."""
    return {f"lpips_v0.1.{network}.{name}" if name.startswith("lin") else name: value for name, value in arrays.items()}


def _read_graph(data: bytes) -> dict[str, np.ndarray]:
    """The 2015-12-05 Inception's constants, under the names that its ports to PyTorch gave them."""
    from google.protobuf.message import DecodeError
    from tensorboardX.proto.graph_pb2 import GraphDef

    try:
        nodes = GraphDef.FromString(data).node
    except DecodeError:
        raise ValueError("the .pb file is no TensorFlow GraphDef") from None
    constants = {node.name: node.attr["value"].tensor for node in nodes if node.op == "Const"}

    def constant(name: str) -> np.ndarray:
        if name not in constants:
            raise ValueError(f"the graph has no constant {name}: it is not the 2015-12-05 Inception")
        tensor = constants[name]
        shape = [dimension.size for dimension in tensor.tensor_shape.dim]
        values = (
            np.frombuffer(tensor.tensor_content, "<f4") if tensor.tensor_content else np.array(tensor.float_val, "f4")
        )
        return np.broadcast_to(values, shape) if values.size == 1 else values.reshape(shape)

    arrays = {}
    for theirs, ours in INCEPTION_NAMES.items():
        arrays[f"{ours}.conv.weight"] = constant(f"{theirs}/conv2d_params").transpose(3, 2, 0, 1)
        for part, name in dict(
            gamma="weight", beta="bias", moving_mean="running_mean", moving_variance="running_var"
        ).items():
            arrays[f"{ours}.bn.{name}"] = constant(f"{theirs}/batchnorm/{part}")
    arrays["fc.weight"] = constant("softmax/weights").T
    arrays["fc.bias"] = constant("softmax/biases")
    return arrays


def _inception_names() -> dict[str, str]:
    """TensorFlow's scope of each convolution to its name in the ports."""
    a = {
        "conv": "branch1x1",
        "tower/conv": "branch5x5_1",
        "tower/conv_1": "branch5x5_2",
        "tower_1/conv": "branch3x3dbl_1",
        "tower_1/conv_1": "branch3x3dbl_2",
        "tower_1/conv_2": "branch3x3dbl_3",
        "tower_2/conv": "branch_pool",
    }
    b = {"conv": "branch3x3"} | {f"tower/conv{s}": f"branch3x3dbl_{i}" for i, s in enumerate(("", "_1", "_2"), 1)}
    c = (
        {"conv": "branch1x1", "tower_2/conv": "branch_pool"}
        | {f"tower/conv{s}": f"branch7x7_{i}" for i, s in enumerate(("", "_1", "_2"), 1)}
        | {f"tower_1/conv{s}": f"branch7x7dbl_{i}" for i, s in enumerate(("", "_1", "_2", "_3", "_4"), 1)}
    )
    d = {"tower/conv": "branch3x3_1", "tower/conv_1": "branch3x3_2"} | {
        f"tower_1/conv{s}": f"branch7x7x3_{i}" for i, s in enumerate(("", "_1", "_2", "_3"), 1)
    }
    e = {
        "conv": "branch1x1",
        "tower/conv": "branch3x3_1",
        "tower/mixed/conv": "branch3x3_2a",
        "tower/mixed/conv_1": "branch3x3_2b",
        "tower_1/conv": "branch3x3dbl_1",
        "tower_1/conv_1": "branch3x3dbl_2",
        "tower_1/mixed/conv": "branch3x3dbl_3a",
        "tower_1/mixed/conv_1": "branch3x3dbl_3b",
        "tower_2/conv": "branch_pool",
    }
    stem = ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3")
    names = {f"conv_{i}" if i else "conv": name for i, name in enumerate(stem)}
    blocks = dict(
        zip(
            ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c"),
            (a, a, a, b, c, c, c, c, d, e, e),
            strict=True,
        )
    )
    for i, (block, branches) in enumerate(blocks.items()):
        scope = f"mixed_{i}" if i else "mixed"
        names |= {f"{scope}/{theirs}": f"Mixed_{block}.{ours}" for theirs, ours in branches.items()}
    return names


INCEPTION_NAMES = _inception_names()
