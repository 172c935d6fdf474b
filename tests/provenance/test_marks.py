"""What files say of where they come from, as Pillow, ffmpeg and NumPy read it, and as the package does."""

import hashlib
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from gan_jax import ranges
from gan_jax.commands import provenance, sample
from gan_jax.errors import InputError
from gan_jax.provenance import films, reading, xmp
from gan_jax.provenance.marks import COMPOSITE, SAMPLED, SOURCE_TYPE, marks
from gan_jax.sampling import export, meshes
from gan_jax.sampling.films import save_film
from gan_jax.sampling.grids import save_picture, save_png

TEXT = {"run": "größe & <sons>", "step": "4", "seed": "7", "config_sha256": "ab12"}
MARKS = marks(TEXT, composite=False)
FRAMES = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), np.uint8)


@pytest.fixture
def written(tmp_path):
    """A file with the marks, by its suffix."""

    def write(suffix: str) -> Path:
        path = tmp_path / f"file{suffix}"
        if suffix == ".png":
            save_png(path, FRAMES[0], MARKS)
        elif suffix == ".npz":
            export.save_npz([FRAMES], path, "images", MARKS, seeds=np.arange(3))
        elif suffix in (".gif", ".mp4"):
            pytest.importorskip("imageio")
            save_film([FRAMES], path, MARKS)
        elif suffix in (".glb", ".obj", ".stl"):
            meshes.save_mesh(path, meshes.mesh_of(np.full((2, 2, 2, 1), 255, np.uint8)), MARKS)
        else:
            save_picture(path, FRAMES[0], MARKS)
        return path

    return write


@pytest.mark.parametrize("suffix", [".png", ".npz", ".gif", ".mp4", ".jpg", ".webp", ".glb", ".obj"])
def test_marks_are_read_back_from_every_format(written, suffix):
    assert reading.read(written(suffix)) == MARKS


@pytest.mark.parametrize("composite", [False, True])
def test_an_stl_holds_whole_marks_and_the_run_first(tmp_path, composite):
    """Of the 80 bytes that an STL has, whatever else there is to say."""
    said = {"psi": "0.7", **marks({"run": "room_completion", "step": "3000"}, composite=composite)}
    said |= {"config_sha256": "ab" * 32, "seed": "12345", "source": "a;b"}
    meshes.save_mesh(tmp_path / "a.stl", meshes.mesh_of(np.full((2, 2, 2, 1), 255, np.uint8)), said)
    found = reading.read(tmp_path / "a.stl")
    assert found.items() <= said.items() and found.keys() >= {SOURCE_TYPE, "run", "step", "seed"}


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.stl", b"solid box"), ("a.obj", b"# Blender\n# www: x\nv 0 0 0"), ("a.obj", b"v 0 0 0\n# run: x")],
)
def test_meshes_of_others_say_nothing(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert reading.read(tmp_path / name) == {}


def test_the_terms_are_those_of_iptc():
    """As its controlled vocabulary has them: the library that signs takes any string."""
    scheme, names = "http://cv.iptc.org/newscodes/digitalsourcetype/", ("trained", "compositeWithTrained")
    assert [f"{scheme}{name}AlgorithmicMedia" for name in names] == [SAMPLED, COMPOSITE]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_pillow_reads_the_marks(written, suffix):
    pytest.importorskip("defusedxml")
    with Image.open(written(suffix)) as image:
        said = image.getxmp()["xmpmeta"]["RDF"]["Description"]
    assert said["DigitalSourceType"] == SAMPLED and said["CreatorTool"].startswith("gan_jax ")
    assert {key: said[key] for key in TEXT} == TEXT


def test_a_gif_of_several_frames_stays_whole(written):
    with Image.open(written(".gif")) as film:
        assert film.n_frames == 3 and film.info["loop"] == 0
        film.seek(2)
        assert np.abs(np.asarray(film.convert("RGB"))[::32, ::32].astype(int) - FRAMES[2]).mean() < 12


def test_the_array_of_an_npz_is_json(written):
    with np.load(written(".npz"), allow_pickle=False) as arrays:
        assert json.loads(str(arrays["provenance"])) == MARKS


def test_a_box_of_an_mp4_is_found_behind_any_other(tmp_path):
    large = struct.pack(">I4sQ", 1, b"mdat", 20) + b"1234"  # whose size takes eight bytes
    other = struct.pack(">I4s16s", 24, b"uuid", b"somebody else's.")
    path = tmp_path / "film.mp4"
    path.write_bytes(large + other + films.mp4_box(xmp.packet(MARKS)) + struct.pack(">I4s", 0, b"free"))
    assert reading.read(path) == MARKS
    path.write_bytes(large + other)
    assert reading.read(path) == {}
    path.write_bytes((large + other)[:-1])
    with pytest.raises(InputError, match=r"film\.mp4: its marks cannot be read: it is no MP4, or cut short"):
        reading.read(path)


def test_elements_are_read_as_attributes_are():
    """As other programs write the property; what is a structure of its own is passed over."""
    packet = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{xmp.RDF}">
    <rdf:Description xmlns:e="{xmp.IPTC}"><e:DigitalSourceType>{COMPOSITE}</e:DigitalSourceType>
    <e:Person><rdf:Bag/></e:Person></rdf:Description></rdf:RDF></x:xmpmeta>"""
    assert xmp.parse(packet.encode()) == {SOURCE_TYPE: COMPOSITE}


@pytest.mark.parametrize("packet", [b'<!DOCTYPE x [<!ENTITY a "aa">]><x>&a;</x>', b"<x", b"\xff\xfe"])
def test_what_is_no_xmp_is_told(tmp_path, packet):
    path = tmp_path / "odd.jpg"
    Image.fromarray(FRAMES[0]).save(path, xmp=packet)
    with pytest.raises(InputError, match=r"odd\.jpg: its marks cannot be read: its XMP"):
        reading.read(path)


def test_files_that_are_none(tmp_path):
    for name in ("text.png", "text.glb"):
        (tmp_path / name).write_text("nothing")
    with pytest.raises(InputError, match=r"text\.png: its marks .*: what is in it is none of PNG, .* \.npz, "):
        reading.read(tmp_path / "text.png")
    with pytest.raises(InputError, match=r"text\.glb: its marks cannot be read: it is no GLB, or cut short"):
        reading.read(tmp_path / "text.glb")
    with pytest.raises(InputError, match="there is no such file"):
        reading.read(tmp_path / "nowhere.png")


def test_a_picture_of_somebody_else_keeps_its_texts(tmp_path):
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "me")
    Image.fromarray(FRAMES[0]).save(tmp_path / "mine.png", pnginfo=text)
    assert reading.read(tmp_path / "mine.png") == {"Author": "me"}


def test_show_prints_them(written, tmp_path, capsys):
    assert provenance.main(["show", str(written(".png"))]) == 0
    rows = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert rows == MARKS
    Image.fromarray(FRAMES[0]).save(tmp_path / "bare.png")
    assert provenance.main(["show", str(tmp_path / "bare.png")]) == 0
    assert "bare.png says nothing of where it comes from." in capsys.readouterr().out


def test_show_prints_all_of_a_folder(tmp_path, capsys, caplog):
    with pytest.raises(InputError, match=r"there is no file \.png, .*\.stl below it"):
        provenance.main(["show", str(tmp_path)])
    save_png(tmp_path / "below" / "a.png", FRAMES[0], MARKS)
    Image.fromarray(FRAMES[0]).save(tmp_path / "bare.png")
    (tmp_path / "text.txt").write_text("nothing")
    assert provenance.main(["show", str(tmp_path)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "bare.png" and said[1:3] == ["  says nothing of where it comes from.", ""]
    assert said[3] == "below/a.png" and dict(line.split(maxsplit=1) for line in said[4:]) == MARKS
    assert "left out: files of other kinds: 1 (text.txt)" in caplog.text
    (tmp_path / "odd.png").write_text("nothing")
    assert provenance.main(["show", str(tmp_path)]) == 1
    assert "odd.png: its marks cannot be read" in capsys.readouterr().out


@pytest.mark.parametrize("argument", ["--rate=0.01", "--unmarked=x"])
def test_watermarks_alone_have_a_rate(argument):
    name = argument.partition("=")[0]
    with pytest.raises(InputError, match=f"{name} is for watermarks: give --weights and --message"):
        provenance.main(["verify", "a.png", argument])


@pytest.mark.parametrize(("out", "of"), [("pngs", "seed"), ("grid.png", "seeds"), ("walk.gif", "seeds"), ("x.npz", "")])
def test_all_that_is_sampled_is_marked(gan_run, tmp_path, out, of):
    film = ["--interpolate", "--frames=2"] if out.endswith("gif") else []
    asked = [f"--workdir={gan_run}", "--seeds=3,4", "--labels=2", f"--out={tmp_path / out}", *film]
    assert sample.main(asked) == 0
    found = reading.read(tmp_path / out if of != "seed" else tmp_path / out / "seed00000003.png")
    assert found[SOURCE_TYPE] == SAMPLED and (found["run"], found["step"]) == ("gan", "4")
    config = json.loads((gan_run / "config.json").read_text())
    del config["facts"]  # of the data
    assert found["config_sha256"] == hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()
    assert len(found["checkpoint_sha256"]) == 64
    expected = {"seed": {"seed": "3", "label": "2"}, "seeds": {"seeds": "3-4", "labels": "2"}, "": {}}[of]
    assert {key: found[key] for key in expected} == expected


def test_what_is_made_of_pictures_says_so_and_no_more_than_their_names(vae_run, tmp_path):
    (tmp_path / "photos").mkdir()
    for name in "ab":
        Image.fromarray(FRAMES[0]).save(tmp_path / "photos" / f"{name}.png")
    out = tmp_path / "out"
    assert sample.main([f"--workdir={vae_run}", f"--reconstruct={tmp_path / 'photos'}", f"--out={out}"]) == 0
    found = reading.read(out / "b.png")
    assert found[SOURCE_TYPE] == COMPOSITE and found["source"] == "b.png"
    data = (out / "b.png").read_bytes()
    assert not [folder for folder in (tmp_path, vae_run.parent, Path.home()) if bytes(folder) in data]


@pytest.mark.parametrize(
    ("numbers", "text"), [([5, 3, 4, 3], "3-5"), ([7], "7"), ([0, 2, 3, 9], "0,2-3,9"), (range(64), "0-63")]
)
def test_numbers_as_they_are_written(numbers, text):
    assert ranges.written(np.array(numbers)) == text
    assert ranges.parse(text, "--seeds", 2**32).tolist() == sorted(set(numbers))


def test_samples_are_written_as_jpeg_and_webp(gan_run, tmp_path):
    drawn = ["--workdir", str(gan_run), "--seeds=0-1", "--out"]
    assert sample.main([*drawn, str(tmp_path / "webp"), "--format=webp"]) == 0
    assert sample.main([*drawn, str(tmp_path / "png")]) == 0
    webp, png = (sorted((tmp_path / name).iterdir()) for name in ("webp", "png"))
    assert [file.stem for file in webp] == [file.stem for file in png] and webp[0].suffix == ".webp"
    np.testing.assert_array_equal(*(np.asarray(Image.open(files[1]).convert("RGB")) for files in (webp, png)))
    assert reading.read(webp[1]) == reading.read(png[1])
    assert sample.main([*drawn, str(tmp_path / "jpeg"), "--format=jpeg"]) == 0
    [first, _] = sorted((tmp_path / "jpeg").glob("*.jpg"))
    assert Image.open(first).format == "JPEG" and reading.read(first)[SOURCE_TYPE] == SAMPLED
    with pytest.raises(InputError, match="give a folder for png, jpeg, webp"):
        sample.main([*drawn, str(tmp_path / "all.npz"), "--format=jpeg"])
    with pytest.raises(InputError, match="no transparency"):
        save_picture(tmp_path / "clear.jpg", np.zeros((4, 4, 4), np.uint8), MARKS)
