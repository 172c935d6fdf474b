"""Artefacts that are planted, and leaks that only look like some."""

import json

import numpy as np
import pytest
from PIL import Image

from gan_jax.commands import detect
from gan_jax.data.sources import images as image_files
from gan_jax.errors import InputError
from gan_jax.evaluation import detection, detectors, evals, recoding
from gan_jax.evaluation.detection import Control
from gan_jax.evaluation.recoding import LOSSLESS, Encoding
from gan_jax.metrics import spectrum
from gan_jax.metrics.intervals import Interval

JPEG = Encoding("jpeg", quality=40)


@pytest.fixture
def pictures(smooth_images):
    """Real images, which are all different, and others of the same kind."""

    def make(count: int, key: int = 7) -> np.ndarray:
        return smooth_images(count, 16, 16, 1, key=key)

    return make


def checkered(images: np.ndarray, strength: int = 5) -> np.ndarray:
    sign = np.where(np.indices(images.shape[1:3]).sum(axis=0) % 2, strength, -strength)[..., None]
    return np.clip(images.astype(int) + sign, 0, 255).astype(np.uint8)


def test_a_wave_is_in_its_ring():
    wave = np.rint(127 + 100 * np.cos(2 * np.pi * 3 * np.arange(16) / 16)).astype(np.uint8)
    found = spectrum.profile(np.broadcast_to(wave[None, None, :, None], (1, 16, 16, 1)))[0]
    ring = np.rint(np.hypot(*np.meshgrid(np.fft.fftfreq(16) * 16, np.fft.fftfreq(16) * 16))).astype(int)
    assert found[3] == pytest.approx(np.log10(16**4 / np.sum(ring == 3)), abs=1e-3)  # Parseval: all of it is there
    assert np.delete(found, 3).max() < found[3] - 3 and len(found) == ring.max() + 1


def test_up_sampling_by_repetition_has_no_finest_waves(pictures):
    small = np.random.default_rng(0).integers(0, 256, (50, 8, 8, 1)).astype(np.uint8)
    repeated = small.repeat(2, axis=1).repeat(2, axis=2)
    noise = np.random.default_rng(1).integers(0, 256, (50, 16, 16, 1)).astype(np.uint8)
    told = spectrum.compared(noise, repeated)
    assert told["finest"] < -0.4 and told["distance"] > 0.1
    assert max(map(abs, spectrum.compared(noise, noise).values())) == 0
    np.testing.assert_allclose(spectrum.traces(repeated)[:, 0], 0)  # x - up(down(x)) is 0


def test_a_checkerboard_is_found_and_chance_is_not_kept(pictures, tmp_path):
    real, fake = (detection.parts(images, "x") for images in (pictures(200), checkered(pictures(200, 8))))
    for kind in ("spectral", "residual"):
        detector = detection.trained(kind, real, fake)
        found = detection.figures(detector(real.test), detector(fake.test), detector.threshold)
        assert found.auc.value > 0.99 and found.average_precision.value > 0.99 and found.accuracy.value > 0.9
    detectors.write(detector, tmp_path / "kept.npz")
    again = detectors.read(tmp_path / "kept.npz")
    np.testing.assert_allclose(again(real.test), detector(real.test), rtol=1e-3, atol=1e-3)
    with pytest.raises(InputError, match="trained on images"):
        again(real.test[:, :8])
    both = np.random.default_rng(0).permutation(np.concatenate([real.train, fake.train]))  # of shuffled labels
    shuffled = detectors.train("residual", both[:100], both[100:])
    mixed = np.concatenate([real.test, fake.test])
    assert detection.figures(shuffled(mixed[::2]), shuffled(mixed[1::2]), 0.0).auc.low < 0.5


def test_a_small_network_is_kept_as_it_is(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(detectors, "STEPS", 50)
    real, fake = pictures(64)[:, :8, :8], checkered(pictures(64, 8), 60)[:, :8, :8]
    detector = detection.trained("convolutional", detection.Parts(real, real, real), detection.Parts(*[fake] * 3))
    assert detection.figures(detector(real), detector(fake), 0.0).auc.value > 0.9
    detectors.write(detector, tmp_path / "kept.npz")
    np.testing.assert_array_equal(detectors.read(tmp_path / "kept.npz")(fake), detector(fake))


def test_figures_of_known_scores():
    real, fake = np.arange(100.0), np.arange(100.0) + 50
    found = detection.figures(real, fake, threshold=95.0, middle=74.5)
    assert found.auc.value == pytest.approx(0.875)  # 1 - .5² / 2
    assert found.accuracy.value == pytest.approx(0.75)
    assert found.accuracy_at_5.value == pytest.approx((96 + 54) / 200)


def test_the_same_population_is_told_apart_only_by_how_it_is_written(pictures):
    real = pictures(400)
    for encodings, red in (((LOSSLESS, LOSSLESS), False), ((JPEG, JPEG), False), ((LOSSLESS, JPEG), True)):
        control = detection.same_population("residual", real, encodings)
        found = detection.leaks({"residual": control}, None, [])
        assert bool(found["residual"]) is red, (encodings, control)
    clean = Control(Interval(0.5, 0.4, 0.6), 0.5, 100)
    assert detection.leaks({"a": clean}, Control(Interval(0.9, 0.8, 1.0), 1e-9, 100), [])["a"]
    assert detection.leaks({"a": clean}, clean, ["sizes"])["a"] == ["sizes"]


def folder(path, images: np.ndarray, **options) -> str:
    path.mkdir()
    for number, image in enumerate(images):
        Image.fromarray(image[..., 0]).save(path / f"{number:03}.{'jpg' if options else 'png'}", **options)
    return str(path)


def test_the_command_refuses_leaks_and_tells_what_it_is_no_evidence_of(pictures, tmp_path, capsys):
    real, made = folder(tmp_path / "real", pictures(120)), folder(tmp_path / "made", checkered(pictures(120, 8)))
    out, plot = tmp_path / "out.jsonl", tmp_path / "plot.png"
    few = ["--kinds=spectral,residual", f"--out={out}"]
    assert detect.main(["test", real, made, *few, "--changes=none,blur_1", f"--plot={plot}"]) == 0
    said = capsys.readouterr().out
    assert "no evidence" not in said and "not evidence about any single image" in said and plot.is_file()
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    [auc] = [row for row in rows if row["name"] == "auc/residual" and row["settings"]["change"] == "none"]
    assert auc["value"] > 0.99 and auc["null"] == 0.5 and "refused" not in auc["settings"]
    assert {"control/residual", "control/spectral", "control/metadata"} & {row["name"] for row in rows}
    kept = tmp_path / "kept.npz"
    assert detect.main(["train", real, made, "--kind=spectral", f"--out={kept}"]) == 0
    assert detect.main(["test", real, made, f"--detector={kept}", "--changes=none"]) == 0
    with pytest.raises(InputError, match=r"at chance.*not kept"):
        detect.main(["train", real, real, f"--out={tmp_path / 'none.npz'}"])
    lossy = folder(tmp_path / "lossy", checkered(pictures(120, 8)), quality=60)
    with pytest.raises(InputError, match="write both sides alike"):
        detect.main(["test", real, lossy, *few])
    capsys.readouterr()
    assert detect.main(["test", real, lossy, "--unequal", "--changes=none", *few]) == 1
    said = capsys.readouterr().out
    assert "REFUSED: a leak" in said and "RED spectral, lossy" in said
    assert json.loads(out.read_text().splitlines()[-1])["settings"]["refused"]
    assert detect.main(["leak_test", real, made, "--recode_fake=jpeg:40", "--kinds=residual", "--num=120"]) == 1
    with pytest.raises(InputError, match="few: 30 images are too few: give 100 at least"):
        detect.main(["test", real, folder(tmp_path / "few", pictures(30)), *few])
    with pytest.raises(InputError, match=r"jpeg:75"):
        detect.main(["leak_test", real, made, "--recode_real=webp"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["test", "--num=50"], "--num=50: .* give 100 at least"),
        (["leak_test", "--num=-5"], "--num=-5: .* give 100 at least"),
        (["test", "--kinds=spectral,foo"], "--kinds=spectral,foo: there is no 'foo'; there are spectral, residual"),
        (["leak_test", "--kinds=foo"], "--kinds=foo: there is no 'foo'"),
        (["test", "--changes=blur"], "--changes=blur: there is no 'blur'; there are none, jpeg_95"),
        (["test", "--detector=x.npz", "--kinds=spectral"], "--kinds=spectral is of detectors that are trained here"),
        (["test", "--detector=nowhere.npz"], r"there are no weights at nowhere\.npz"),
    ],
)
def test_bad_arguments_are_told_of_before_an_image_is_read(arguments, message):
    with pytest.raises(InputError, match=message):
        detect.main([arguments[0], "no_folder", "no_folder_either", *arguments[1:]])


def test_kept_detectors_of_one_name_are_all_there(pictures, tmp_path, capsys):
    real, made = folder(tmp_path / "real", pictures(120)), folder(tmp_path / "made", checkered(pictures(120, 8)))
    kept = [tmp_path / place / "kept.npz" for place in ("a", "b")]
    for file in kept:
        detector = detectors.train("spectral", pictures(120), checkered(pictures(120, 8)))
        detectors.write(detector, file)
    assert detect.main(["test", real, made, *(f"--detector={file}" for file in kept), "--changes=none"]) == 0
    said = [line.split() for line in capsys.readouterr().out.splitlines()]
    names = [words[0] for words in said if len(words) == 5 and words[0].endswith("kept.npz")]
    assert len(names) == 2 and names[0] == "kept.npz" and names[1].endswith("b/kept.npz")


def test_encodings_and_metadata_are_read_from_files(pictures, tmp_path):
    source = image_files.make(folder(tmp_path / "lossy", pictures(3), quality=60))
    files = [source.file(i) for i in range(3)]
    [encoding] = recoding.encodings(files)
    again = recoding.encoded(pictures(3), encoding)  # by the same tables
    np.testing.assert_array_equal(again, np.stack([source[i]["image"] for i in range(3)]))
    assert recoding.metadata(files).shape[0] == 3 and recoding.resized(pictures(3), 0.5, back=False).shape[1] == 8
    for change in recoding.CHANGES.values():
        assert change(pictures(2)).shape == (2, 16, 16, 1)


def test_the_spectrum_is_a_metric_of_a_run(gan_run):
    import gan_jax

    sampler = gan_jax.load(gan_run)
    assert set(evals.spectrum(sampler, sampler.data, num_images=20)) == {"distance", "finest"}
