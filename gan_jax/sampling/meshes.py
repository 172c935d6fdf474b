"""Voxels as meshes: GLB, OBJ and STL files, closed, the floor at 0, one side of the grid one unit long.

x runs to the right, y up and z to the front, as glTF has it.
"""

import json
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from gan_jax.data.voxels import HALF, fullness, inside
from gan_jax.errors import InputError
from gan_jax.provenance.meshes import stl_header
from gan_jax.sampling.isosurface import Mesh, marching_cubes

ARRAY_BUFFER, ELEMENT_BUFFER, FLOAT, UNSIGNED = 34962, 34963, 5126, 5125  # glTF's numbers for what a part of it is


def mesh_of(voxels: UInt8[np.ndarray, "depth height width channels"]) -> Mesh:
    """The surface of what is more than half full."""
    if not inside(voxels).any():
        raise InputError("nothing is inside of the voxels, so that there is no surface: take another seed.")
    vertices, triangles = marching_cubes(fullness(voxels).astype(np.float64), HALF)
    depth, height, width, _ = voxels.shape
    z, row, x = (vertices + 0.5).T
    placed = np.stack([x - width / 2, height - row, depth / 2 - z], axis=1) / max(voxels.shape[:3])
    return Mesh(placed, triangles[:, ::-1])  # the axes are told in another order, which mirrors


def save_mesh(path: Path, mesh: Mesh, text: Mapping[str, str]) -> None:
    """Writes a mesh in the format that its suffix says, with where it comes from."""
    path.write_bytes(FORMATS[path.suffix.lower()[1:]](mesh, text))


def _glb(mesh: Mesh, text: Mapping[str, str]) -> bytes:
    vertices, triangles = mesh.vertices.astype("<f4"), mesh.triangles.astype("<u4")
    parts = (vertices.tobytes(), triangles.tobytes())
    scene = {
        "asset": {"version": "2.0", "generator": "gan_jax", "extras": dict(text)},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "buffers": [{"byteLength": len(parts[0]) + len(parts[1])}],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": len(parts[0]), "target": ARRAY_BUFFER},
            {"buffer": 0, "byteOffset": len(parts[0]), "byteLength": len(parts[1]), "target": ELEMENT_BUFFER},
        ],
        "accessors": [
            {
                "bufferView": 0,
                "componentType": FLOAT,
                "count": len(vertices),
                "type": "VEC3",
                "min": vertices.min(axis=0).tolist(),
                "max": vertices.max(axis=0).tolist(),
            },
            {"bufferView": 1, "componentType": UNSIGNED, "count": triangles.size, "type": "SCALAR"},
        ],
    }
    words = json.dumps(scene).encode()
    words += b" " * (-len(words) % 4)
    data = b"".join(parts)
    chunks = struct.pack("<I4s", len(words), b"JSON") + words + struct.pack("<I4s", len(data), b"BIN\0") + data
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def _obj(mesh: Mesh, text: Mapping[str, str]) -> bytes:
    lines = [f"# {key}: {' '.join(value.split())}" for key, value in text.items()]
    lines += [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in mesh.vertices]
    lines += [f"f {a} {b} {c}" for a, b, c in mesh.triangles + 1]
    return ("\n".join(lines) + "\n").encode()


def _stl(mesh: Mesh, text: Mapping[str, str]) -> bytes:
    corners = mesh.vertices[mesh.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    rows = np.zeros(len(corners), np.dtype([("numbers", "<f4", 12), ("attributes", "<u2")]))
    rows["numbers"] = np.concatenate([normals[:, None], corners], axis=1).reshape(-1, 12)
    return stl_header(text) + struct.pack("<I", len(rows)) + rows.tobytes()


FORMATS = {"glb": _glb, "obj": _obj, "stl": _stl}
