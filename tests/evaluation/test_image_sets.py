import io
import shutil
import zipfile

import numpy as np
import pytest
from PIL import Image

import gan_jax
from gan_jax.errors import InputError
from gan_jax.evaluation import image_sets
from gan_jax.evaluation.image_sets import data_of_run, held_out_data_of_run, of_sampler, parse


@pytest.fixture
def images() -> np.ndarray:
    """Fifteen, five of each class in turn."""
    return np.random.default_rng(0).integers(0, 256, (15, 6, 4, 3), dtype=np.uint8)


LABELS = np.repeat(np.arange(3), 5)


def write_tree(folder, images, suffix="png"):
    for i, image in enumerate(images):
        file = folder / f"class {LABELS[i]}" / f"{i:02d}.{suffix}"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(file)
    return folder


def write_encoded(file, images, kind):
    parts = []
    for image in images:
        stream = io.BytesIO()
        Image.fromarray(image).save(stream, kind)
        parts.append(np.frombuffer(stream.getvalue(), np.uint8))
    np.savez(file, data=np.concatenate(parts), offsets=np.cumsum([0, *map(len, parts)]), labels=LABELS)
    return file


def pixels(images):
    return np.concatenate([block.images for block in images.blocks()])


def labels(images):
    return np.concatenate([block.labels for block in images.blocks()])


def test_folder_zip_and_npz_of_the_same_images_are_the_same_set(tmp_path, images):
    tree = write_tree(tmp_path / "tree", images)
    with zipfile.ZipFile(tmp_path / "tree.zip", "w") as archive:
        for file in sorted(tree.rglob("*.png")):
            archive.write(file, file.relative_to(tree))
    np.savez(tmp_path / "arrays.npz", images=images, labels=LABELS)
    encoded = write_encoded(tmp_path / "encoded.npz", images, "png")
    specs = [tree, tmp_path / "tree.zip", tmp_path / "arrays.npz", encoded, f'npz(path="{tmp_path}/arrays.npz")']
    sets = [parse(str(spec)) for spec in specs]
    for found in sets:
        np.testing.assert_array_equal(pixels(found), images)
        np.testing.assert_array_equal(labels(found), LABELS)
        assert (found.count, found.image_shape, found.split, found.lossy) == (15, (6, 4, 3), "all", False)
    assert len({found.content() for found in sets}) == 1


def test_an_array_alone_and_a_home_are_found(tmp_path, images, monkeypatch, gan_run):
    np.save(tmp_path / "arrays.npy", images)
    np.savez(tmp_path / "arrays.npz", images=images)
    (tmp_path / "arrays.npz").rename(tmp_path / "ARRAYS.NPZ")
    monkeypatch.setenv("HOME", str(tmp_path))
    for spec in ("~/arrays.npy", "~/ARRAYS.NPZ", 'npz(path="~/arrays.npy")'):
        np.testing.assert_array_equal(pixels(parse(spec)), images)
    write_tree(tmp_path / "tree", images)
    assert parse("~/tree").count == parse('images(path="~/tree")').count == 15
    monkeypatch.setenv("HOME", str(gan_run.parent))
    assert parse(f"run:~/{gan_run.name}", count=2).count == 2


def test_a_set_is_called_by_letters_alone(tmp_path, images):
    write_tree(tmp_path / "\x1b[31m", images)
    assert parse(str(tmp_path / "\x1b[31m")).name == f"{tmp_path}/\\x1b[31m"


def test_content_is_of_pixels_labels_and_order_alone(tmp_path, images):
    def content(name, images, labels):
        np.savez(tmp_path / name, images=images, labels=labels)
        return parse(str(tmp_path / name)).content()

    original = content("a.npz", images, LABELS)
    changed = images.copy()
    changed[7, 2, 1, 0] ^= 1
    assert content("b.npz", images, LABELS) == original
    assert content("a.npz", changed, LABELS) != original
    assert content("a.npz", images[::-1], LABELS) != original
    assert content("a.npz", images, LABELS[::-1]) != original
    assert content("a.npz", images.reshape(15, 4, 6, 3), LABELS) != original


def test_blocks_end_with_what_is_left_over(tmp_path, images, monkeypatch):
    monkeypatch.setattr(image_sets, "BLOCK", 4)
    np.savez(tmp_path / "arrays.npz", images=images)
    found = parse(str(tmp_path / "arrays.npz"))
    assert [len(block.images) for block in found.blocks()] == [4, 4, 4, 3]
    assert all(block.labels is None for block in found.blocks())
    np.testing.assert_array_equal(pixels(found), images)


def test_a_few_images_of_a_sorted_set_are_of_all_classes(tmp_path):
    images = np.arange(200, dtype=np.uint8)[:, None, None].repeat(9, 1).reshape(200, 3, 3)
    np.savez(tmp_path / "arrays.npz", images=images, labels=np.repeat(np.arange(4), 50))
    few = parse(str(tmp_path / "arrays.npz"), count=40)
    assert few.count == 40 and set(labels(few)) == {0, 1, 2, 3}
    assert (labels(few) == pixels(few)[:, 0, 0, 0] // 50).all()
    assert few.content() == parse(str(tmp_path / "arrays.npz"), count=40).content()


def test_resolution_and_channels_are_those_asked_for(tmp_path, images):
    write_tree(tmp_path, images)
    assert pixels(parse(str(tmp_path), resolution=(3, 2), channels=1)).shape == (15, 3, 2, 1)


def test_a_run_is_the_images_of_its_seeds(gan_run):
    sampler = gan_jax.load(gan_run)
    found = parse(f"run:{gan_run}", count=20)
    np.testing.assert_array_equal(pixels(found), sampler(range(20)))
    np.testing.assert_array_equal(labels(found), np.arange(20) % 6)
    assert (found.split, found.seeds, found.name) == ("generated", "0-19", "run: gan, step 4")
    assert parse(f"run:{gan_run}@2", count=2).name == "run: gan, step 2"
    assert parse(f"run:{gan_run}").count == 10_000
    monochrome = of_sampler(sampler, 3)
    assert monochrome.image_shape == (8, 8, 3)


def test_an_unconditional_run_has_no_labels(vae_run):
    assert next(parse(f"run:{vae_run}", count=2).blocks()).labels is None


def test_data_of_a_run(gan_run, vae_run):
    data = data_of_run(f"run:{gan_run}@2", count=10)
    assert (data.count, data.image_shape, data.split) == (10, (8, 8, 3), "all")
    assert held_out_data_of_run(f"run:{vae_run}") is None


def test_what_a_run_did_not_train_on(gan_run, tmp_path):
    text = (gan_run / "config.json").read_text()
    (tmp_path / "config.json").write_text(text.replace('"split": "all"', '"split": "[:75%]"'))
    train, rest = data_of_run(f"run:{tmp_path}"), held_out_data_of_run(f"run:{tmp_path}")
    assert (train.count, rest.count) == (72, 24)
    everything = {image.tobytes() for found in (train, rest) for image in pixels(found)}
    assert everything == {image.tobytes() for image in pixels(data_of_run(f"run:{gan_run}"))}


def test_jpeg_files_are_found_by_name_or_by_their_first_bytes(tmp_path, images):
    assert parse(str(write_tree(tmp_path / "photos", images, "jpg"))).lossy
    assert not parse(str(write_tree(tmp_path / "drawings", images, "png"))).lossy
    assert parse(str(write_encoded(tmp_path / "photos.npz", images, "jpeg"))).lossy
    assert not parse(str(write_encoded(tmp_path / "drawings.npz", images, "png"))).lossy


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("no_such_folder/x", "neither a file or folder, nor run:DIR, nor a data source"),
        ("tfds", "neither a file or folder"),
        ("npz('a')", "neither a file or folder"),
        ("sprites(size=3)", "source.size = 3 is not a setting"),
        ("run:nowhere", "nowhere holds no run"),
        ("f(" * 500, "neither a file or folder"),
        ("f(a=" + "-" * 10**5 + "1)", "neither a file or folder"),
        ("npz(**{'path': 'x'})", "neither a file or folder"),
        ("run:nowhere@²", "what follows @ should be a step or 'best'"),
        ("run:nowhere@" + "9" * 5000, "what follows @ should be a step or 'best'"),
        ("run:nowhere@last", "what follows @ should be a step or 'best'"),
    ],
)
def test_what_is_no_set(spec, message):
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        parse(spec)


def test_a_run_without_a_config():
    with pytest.raises(InputError, match=r"there is no file nowhere/config\.json"):
        data_of_run("run:nowhere")


def test_folders_of_runs_by_odd_names(gan_run, tmp_path, monkeypatch):
    run = tmp_path / "me@home" / "2024"
    shutil.copytree(gan_run, run)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(run.parent)
    for spec, step in ((f"run:{run}", 4), (f"run:{run}@2", 2), ("run:2024", 4), ("run:~/me@home/2024@2", 2)):
        assert parse(spec, count=2).name == f"run: 2024, step {step}"
    with pytest.raises(InputError, match="2024 is the folder of a run: write run:2024"):
        parse("2024")
