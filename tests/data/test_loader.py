import contextlib
import itertools

import numpy as np
import pytest
from PIL import Image

from gan_jax.data import dataset, loader
from gan_jax.data.sources import images, sprites
from gan_jax.errors import InputError


def take(count, data, *, start_step=0, host=0, hosts=1, seed=0):
    options = {"seed": seed, "start_step": start_step, "examples_per_step": 12, "host": host, "hosts": hosts}
    with contextlib.closing(loader.batches(data, **options)) as batches:
        return list(itertools.islice(batches, count))


def assert_equal(some, others):
    for one, other in zip(some, others, strict=True):
        assert one.keys() == other.keys()
        for name, value in one.items():
            np.testing.assert_array_equal(value, other[name])


def join(parts):
    return [
        {name: np.concatenate([part[name] for part in step]) for name in step[0]} for step in zip(*parts, strict=True)
    ]


@pytest.fixture(params=["in memory", "streamed"])
def data(request):
    source = sprites.make(count=25, resolution=(8, 16))
    if request.param == "in memory":
        return dataset.make(source)
    return dataset.make(source, resolution=(8, 8), crop="random", memory=0.0)


@pytest.mark.parametrize("hosts", [2, 4])
def test_the_hosts_batches_make_up_the_global_batch(data, hosts):
    whole = take(5, data)
    assert_equal(join([take(5, data, host=host, hosts=hosts) for host in range(hosts)]), whole)
    assert all((batch["position"] == np.arange(12)).all() for batch in whole)


def test_a_run_goes_on_where_it_stopped(data):
    assert_equal(take(5, data)[3:], take(2, data, start_step=3))


def test_every_epoch_sees_each_example_once(data):
    batches = take(25, data, seed=5)
    key = "index" if data.fits_in_memory else "factors"
    seen = np.concatenate([batch[key] for batch in batches]).reshape(12, 25, -1)
    assert all(len(np.unique(epoch, axis=0)) == 25 for epoch in seen)


def test_random_crops_differ_between_examples_and_between_epochs():
    data = dataset.make(sprites.make(count=1, resolution=(8, 16)), resolution=(8, 8), crop="random")
    images = np.concatenate([batch["image"] for batch in take(4, data)])
    assert len(np.unique(images, axis=0)) > 4  # windows; some show the same piece of plain background


def test_a_set_in_memory_and_a_streamed_one_see_the_same():
    source = sprites.make(count=25, resolution=(8, 12))
    held, streamed = dataset.make(source, memory=1.0), dataset.make(source, memory=0.0)
    arrays = held.arrays()
    gathered = [
        {name: value[b["index"]] for name, value in arrays.items()} | {"position": b["position"]} for b in take(4, held)
    ]
    assert_equal(gathered, take(4, streamed))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Thirty noisy pictures of different shapes in two classes; the first of the second class is damaged."""
    root = tmp_path_factory.mktemp("pictures")
    noise = np.random.default_rng(0)
    for i in range(30):
        path = root / f"{'ab'[i // 15]}/{i:02}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(noise.integers(0, 256, (9, 12 + i, 3), np.uint8)).save(path)
    (root / "b/15.png").write_bytes(b"broken")
    return str(root)


def test_worker_processes_change_nothing(folder):
    options = {"resolution": (8, 8), "crop": "random", "on_error": "skip"}
    alone, helped = (dataset.make(images.make(folder), workers=workers, **options) for workers in (0, 2))
    wanted = take(6, alone, start_step=2)
    assert_equal(take(6, helped, start_step=2), wanted)
    assert "15.png" in alone.skipped[15] and helped.skipped == alone.skipped
    assert wanted[0]["image"].shape == (12, 8, 8, 3) and wanted[0]["label"].dtype == np.int32


@pytest.mark.parametrize("workers", [0, 1])
def test_a_damaged_image_stops_the_stream_by_name(folder, workers):
    data = dataset.make(images.make(folder), resolution=(8, 8), memory=0.0, workers=workers)
    with pytest.raises(InputError, match=r"b/15\.png"):
        take(5, data)


def test_a_batch_that_does_not_divide_is_refused(data):
    with pytest.raises(InputError, match="12 examples per step do not divide over 5 hosts"):
        take(1, data, hosts=5)
