"""Weight files: what is written comes back, what was changed is refused, what is published is converted."""

import json
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tensorboardX.proto.graph_pb2 import GraphDef

from gan_jax.commands import weights as command
from gan_jax.errors import InputError
from gan_jax.features import convert, inception, lpips, published_formats, squeezenet, weights

ARRAYS = {"a.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "a.bias": np.ones(2, np.float32)}


def test_a_file_comes_back_with_its_source(tmp_path):
    sha256 = weights.write(tmp_path / "deep" / "w.npz", ARRAYS, "0123")
    file = weights.load("anything", str(tmp_path / "deep" / "w.npz"))
    assert file.source_sha256 == "0123"
    assert weights.fingerprint(file.arrays) == sha256
    np.testing.assert_array_equal(file.arrays["a.weight"], ARRAYS["a.weight"])
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["w.npz"]


def test_a_changed_file_is_refused_with_its_hash(tmp_path):
    weights.write(tmp_path / "w.npz", ARRAYS)
    with np.load(tmp_path / "w.npz") as file:
        contents = dict(file)
    contents["a.bias"] = contents["a.bias"] * 2
    np.savez(tmp_path / "changed.npz", **contents)
    found = weights.fingerprint({name: contents[name] for name in ARRAYS})
    with pytest.raises(InputError, match=found):
        weights.read(tmp_path / "changed.npz")


@pytest.mark.parametrize("contents", [b"", b"no archive", b"PK\x03\x04 cut short"])
def test_damaged_files_are_named(tmp_path, contents):
    for name in ("w.npz", "w.safetensors"):
        (tmp_path / name).write_bytes(contents)
        with pytest.raises(InputError, match=name):
            weights.read(tmp_path / name)


def test_no_pickle_is_read(tmp_path):
    np.savez(tmp_path / "w.npz", a=np.array([{}], dtype=object))
    with pytest.raises(InputError, match="allow_pickle=False"):
        weights.read(tmp_path / "w.npz")


def test_safetensors(tmp_path):
    half = np.array([1.5, -2], np.float16).tobytes()
    brain = np.array([0x3F80, 0xC000], np.uint16).tobytes()  # 1 and -2 as bfloat16
    header = {
        "__metadata__": {"format": "pt"},
        "h": {"dtype": "F16", "shape": [2, 1], "data_offsets": [0, 4]},
        "b": {"dtype": "BF16", "shape": [2], "data_offsets": [4, 8]},
    }
    text = json.dumps(header).encode()
    (tmp_path / "w.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + half + brain)
    arrays = weights.read(tmp_path / "w.safetensors").arrays
    np.testing.assert_array_equal(arrays["h"], np.float32([[1.5], [-2]]))
    np.testing.assert_array_equal(arrays["b"], np.float32([1, -2]))
    assert arrays["b"].dtype == np.float32


def test_flax_variables_are_transposed_and_checked():
    kernel = np.arange(24, dtype=np.float32).reshape(2, 3, 4, 1)  # OIHW
    shapes = {
        "params": {"c": {"conv": {"kernel": jax.ShapeDtypeStruct((4, 1, 3, 2), jnp.float32)}}},
        "batch_stats": {"c": {"bn": {"mean": jax.ShapeDtypeStruct((2,), jnp.float32)}}},
    }
    arrays = {"c.conv.weight": kernel, "c.bn.running_mean": np.ones(2, np.float32), "unused": np.zeros(3, np.float32)}
    filled, sha256 = weights.to_flax(weights.Weights(arrays, "", "w.npz"), shapes)
    np.testing.assert_array_equal(filled["params"]["c"]["conv"]["kernel"], np.einsum("oihw->hwio", kernel))
    assert sha256 == weights.fingerprint({name: arrays[name] for name in ("c.conv.weight", "c.bn.running_mean")})
    with pytest.raises(InputError, match=r"c.conv.weight has shape \(3, 2, 4, 1\), the network needs \(2, 3, 4, 1\)"):
        weights.to_flax(weights.Weights(arrays | {"c.conv.weight": kernel.reshape(3, 2, 4, 1)}, "", "w.npz"), shapes)


@pytest.fixture
def graph():
    """A graph with the constants of the 2015-12-05 file, each filled with its own number."""
    shapes = jax.eval_shape(inception.Inception().init, jax.random.key(0), jnp.zeros((1, 75, 75, 3)))
    needed = dict(weights.torch_names(shapes).values())
    graph = GraphDef()

    def add(name, value):
        node = graph.node.add(name=name, op="Const")
        for size in value.shape:
            node.attr["value"].tensor.tensor_shape.dim.add(size=size)
        node.attr["value"].tensor.tensor_content = np.ascontiguousarray(value, "<f4").tobytes()

    for number, (theirs, ours) in enumerate(published_formats.INCEPTION_NAMES.items()):
        outputs, inputs, height, width = needed[f"{ours}.conv.weight"]
        kernel = np.broadcast_to(np.float32(number), (height, width, inputs, outputs)).copy()
        kernel.flat[1] = -1
        add(f"{theirs}/conv2d_params", kernel)
        for part, offset in dict(beta=0.1, gamma=0.2, moving_mean=0.3, moving_variance=0.4).items():
            add(f"{theirs}/batchnorm/{part}", np.full(outputs, number + offset))
    add("softmax/weights", np.broadcast_to(np.arange(1008.0), (2048, 1008)))
    add("softmax/biases", np.zeros(1008))
    return graph, shapes


def test_a_converted_file_goes_into_the_weights_folder(graph, tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_JAX_WEIGHTS", str(tmp_path / "kept"))
    (tmp_path / "graph.pb").write_bytes(graph[0].SerializeToString())
    command.main(["convert", str(tmp_path / "graph.pb")])
    command.main(["convert", str(tmp_path / "graph.pb"), str(tmp_path / "mine.npz")])
    assert weights.read(tmp_path / "mine.npz").arrays.keys() == weights.load("graph").arrays.keys()


def test_the_heads_of_lpips_join_the_network_that_they_are_for(tmp_path, monkeypatch, weights_file):
    shapes = jax.eval_shape(squeezenet.SqueezeNet().init, jax.random.key(0), jnp.zeros((1, 32, 32, 3)))
    network = weights.read(Path(weights_file(shapes))).arrays
    heads = {f"lin{k}.model.1.weight": np.full((1, c, 1, 1), k, np.float32) for k, c in enumerate(lpips.CHANNELS)}
    states = {"squeezenet1_1-b8a52dc0.pth": network, "squeeze.pth": heads}
    for name in states:
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(published_formats, "_read_torch", lambda file: states[file.name])  # PyTorch need not be there
    monkeypatch.setenv("GAN_JAX_WEIGHTS", str(tmp_path / "kept"))
    sha256 = weights.file_sha256(tmp_path / "squeezenet1_1-b8a52dc0.pth")
    monkeypatch.setitem(weights.PUBLISHED, "squeezenet", weights.Published("", sha256))
    command.main(["convert", *(str(tmp_path / name) for name in states)])
    found = lpips.load().params["heads"]
    np.testing.assert_array_equal(found["lin3"], heads["lin3.model.1.weight"].ravel())
    fetched, both = str(tmp_path / "drawn.npz"), str(tmp_path / "both.npz")
    command.main(["convert", fetched, str(tmp_path / "squeeze.pth"), both])
    assert lpips.load(both).identity == lpips.load().identity


def test_the_frozen_graph_fills_the_network(graph, tmp_path):
    graph, shapes = graph
    (tmp_path / "graph.pb").write_bytes(graph.SerializeToString())
    message = convert.convert([tmp_path / "graph.pb"], tmp_path / "inception.npz")
    assert "not a published file" in message
    variables, _ = weights.to_flax(weights.read(tmp_path / "inception.npz"), shapes)
    kernel = variables["params"]["Conv2d_2a_3x3"]["conv"]["kernel"]
    assert kernel[0, 0, 0, 0] == 1
    assert kernel[0, 0, 0, 1] == -1  # second of TensorFlow's HWIO values
    np.testing.assert_allclose(variables["batch_stats"]["Conv2d_2a_3x3"]["bn"]["var"], 1.4)
    np.testing.assert_allclose(variables["params"]["fc"]["kernel"][7], np.arange(1008.0))
    del graph.node[5:]
    (tmp_path / "cut.pb").write_bytes(graph.SerializeToString())
    with pytest.raises(InputError, match="it is not the 2015-12-05 Inception"):
        convert.convert([tmp_path / "cut.pb"], tmp_path / "cut.npz")
    assert not (tmp_path / "cut.npz").exists()


def test_fetch_keeps_only_what_has_the_published_hash(tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_JAX_WEIGHTS", str(tmp_path / "kept"))
    weights.write(tmp_path / "origin.npz", ARRAYS)
    url, sha256 = (tmp_path / "origin.npz").as_uri(), weights.file_sha256(tmp_path / "origin.npz")
    monkeypatch.setitem(weights.PUBLISHED, "squeezenet", weights.Published(url, sha256[:8]))
    assert "the published squeezenet weights" in convert.fetch("squeezenet")
    assert weights.load("squeezenet").source_sha256 == sha256
    (tmp_path / "kept" / "squeezenet.npz").unlink()
    monkeypatch.setitem(weights.PUBLISHED, "squeezenet", weights.Published(url, "f" * 64))
    with pytest.raises(InputError, match=f"{sha256}, not ffff.*nothing was kept"):
        convert.fetch("squeezenet")
    assert list((tmp_path / "kept").iterdir()) == []


def test_the_command_prints_one_line_and_status_2(tmp_path):
    command = [sys.executable, "-m", "gan_jax", "weights", "convert", str(tmp_path / "none.pth"), "out.npz"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.strip() == f"error: {tmp_path / 'none.pth'}: there is no such file"
