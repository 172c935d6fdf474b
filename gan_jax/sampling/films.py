"""Walks as films, GIF or MP4, written frame by frame: however long one is, it takes no more memory."""

import struct
import warnings
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from gan_jax.errors import InputError
from gan_jax.provenance import xmp
from gan_jax.provenance.films import gif_extension, mp4_box
from gan_jax.sampling.export import Finish, leave, replacing
from gan_jax.sampling.grids import enlarge

Images = UInt8[np.ndarray, "n height width channels"]

SUFFIXES = (".gif", ".mp4")
FRAMES_PER_SECOND = 25
FOREVER = b"!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"  # how often a GIF is shown


def check_film(path: Path) -> None:
    """Refuses a path that `save_film` cannot write to."""
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"--out={path}: a film is a .gif or an .mp4 file.")
    if path.suffix.lower() == ".mp4" and not (find_spec("imageio") and find_spec("imageio_ffmpeg")):
        raise InputError(f"--out={path}: writing .mp4 takes pip install 'gan-jax[video]'; a .gif needs nothing.")


def save_film(parts: Iterable[Images], path: Path, text: Mapping[str, str], finish: Finish = leave) -> None:
    """Writes the images as the frames of a GIF or, by the suffix of the path, an MP4 film; small ones are enlarged.

    The text says as XMP where they come from.
    """
    frames = (frame for part in parts for frame in enlarge(part, side=256))
    with replacing(path) as temporary:
        (_save_gif if path.suffix.lower() == ".gif" else _save_mp4)(frames, temporary, xmp.packet(text))
        finish(temporary, text)


def _save_gif(frames: Iterator[np.ndarray], path: Path, packet: bytes) -> None:
    """Pillow holds all frames of a film in memory, so it is asked for each by itself: a GIF of one frame."""
    duration = struct.pack("<4sHBB", b"!\xf9\x04\x04", 100 // FRAMES_PER_SECOND, 0, 0)
    with path.open("wb") as file:
        for number, frame in enumerate(frames):
            picture = Image.fromarray(frame[..., 0]) if frame.shape[-1] < 3 else _rgb(frame)
            stream = BytesIO()
            picture.save(stream, "gif", interlace=False)
            alone = stream.getvalue()
            colours = alone[10] & 7  # 2 to the power of this and 1
            table, image = alone[13 : 13 + 3 * 2 ** (colours + 1)], alone[13 + 3 * 2 ** (colours + 1) : -1]
            if number == 0:
                no_colours = bytes(3)  # for all frames
                file.write(b"GIF89a" + alone[6:10] + no_colours + FOREVER + gif_extension(packet))
            file.write(duration + image[:9] + bytes([0x80 | colours]) + table + image[10:])
        file.write(b";")


def _save_mp4(frames: Iterator[np.ndarray], path: Path, packet: bytes) -> None:
    import imageio.v2 as imageio  # the extra `video`

    options = dict(format="FFMPEG", fps=FRAMES_PER_SECOND, quality=9, macro_block_size=2)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*os.fork")  # JAX warns of it; ffmpeg is executed at once: no lock is held
        with imageio.get_writer(path, **options) as film:
            for frame in frames:
                odd = ((0, frame.shape[0] % 2), (0, frame.shape[1] % 2), (0, 0))  # players show even sides alone
                film.append_data(np.asarray(_rgb(np.pad(frame, odd, mode="edge"))))
    with path.open("ab") as file:
        file.write(mp4_box(packet))


def _rgb(frame: np.ndarray) -> Image.Image:
    return Image.fromarray(frame[..., 0] if frame.shape[-1] == 1 else frame).convert("RGB")
