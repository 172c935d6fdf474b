"""What `sample` is asked for: its arguments, and all of them that can be checked before the model is there."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gan_jax import command, ranges
from gan_jax.commands import provenance
from gan_jax.errors import InputError
from gan_jax.provenance import signing
from gan_jax.sampling import export, films, meshes, wishes

SHARE = 0.5
FRAMES = 32
TRAVERSAL = "-3,-2,-1,0,1,2,3"  # strengths, which are standard deviations of z
PICTURES = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}
FILES = PICTURES | {name: f".{name}" for name in meshes.FORMATS}  # of which there is one for each output
FORMATS = {"": "png", ".npz": "npz", ".png": "grid"} | {
    suffix: name for name, suffix in FILES.items() if name != "png"
}  # by the suffix of --out

EXAMPLES = (
    "--describe",
    "--seeds=0-63 --labels=balanced --out=grid.png",
    "--num=50000 --out=samples.npz",
    "--seeds=0-63 --option psi=0.7 --out=pictures",
    "--seeds=1,5,9 --interpolate --frames=60 --out=walk.gif",
    "--reconstruct=photos --out=reconstructions.png",
    "--condition source=doodles --out=pictures",
    '--condition text="a red circle" --seeds=0-15 --out=red.png',
    "--seeds=0-7 --direction=0 --strength=-3,0,3 --out=moved.png",
)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The arguments; `seeds` as an array, short forms as what they stand for, and `typed` says how these were given."""
    flags = _parser().parse_args(arguments)
    if flags.describe:
        return flags
    if flags.out is None:
        raise InputError("--out is missing: a folder, or a file .npz, .png, .jpg, .webp, .gif, .mp4, .glb, .obj, .stl.")
    for name in ("batch_size", "num", "frames"):
        _check_count(getattr(flags, name), f"--{name}")
    flags.seeds = np.arange(flags.num) if flags.num else flags.seeds and ranges.parse(flags.seeds, "--seeds", 2**32)
    if flags.reject_near_duplicates and flags.interpolate:
        raise InputError("--reject_near_duplicates leaves images out, and a film has none to spare.")
    _check_effects(flags)
    _check_steering(flags)
    _spell_out(flags)
    flags.format = _format(flags)
    flags.suffix = FILES.get(flags.format)
    flags.format = "files" if flags.suffix else flags.format
    if flags.own_size and flags.format != "files":
        raise InputError("--own_size makes pictures of several sizes: give a folder as --out.")
    flags.signer = _signer(flags)
    command.check_out(flags.out)
    if flags.format != "files" or flags.out.suffix.lower() == flags.suffix:
        export.check_free([flags.out], flags.overwrite)
    return flags


def _parser() -> argparse.ArgumentParser:
    examples = (f"  {command.spoken('sample')} --workdir=RUN {line}" for line in EXAMPLES)
    parser = command.parser("sample", "Draws from a trained run, by seed.", "\n".join(["examples:", *examples]))

    class Formatter(argparse.RawDescriptionHelpFormatter, parser.formatter_class):
        """As the other commands' is, but for the lines of the examples, which stay as they are."""

    parser.formatter_class = Formatter
    parser.add_argument("--workdir", required=True, type=command.path, help="the run's folder")
    parser.add_argument("--describe", action="store_true", help="tell what the model can be asked for, and end")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--seeds", help="seeds and ranges of seeds, such as 0-63,100")
    what.add_argument("--num", type=int, help="for the seeds 0 to NUM - 1")
    parser.add_argument("--draw", default="", help="what to ask for (default: the model's first draw)")
    many = dict(action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--condition", **many, help="a column that the draw is asked with; may be given several times")
    parser.add_argument("--own_size", action="store_true", help="leave the pictures of conditions as large as they are")
    parser.add_argument("--option", **many, help="an option of the draw; may be given several times")
    parser.add_argument(
        "--labels", help="short for --condition label=...: classes such as 3 or 0-4,7 or cat,dog; or balanced"
    )
    parser.add_argument("--truncation", help="short for --option truncation=...")
    parser.add_argument(
        "--reconstruct", metavar="FOLDER", help="short for --draw=reconstruction --condition image=FOLDER"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--step", type=int, help="the checkpoint's step, instead of the newest")
    which.add_argument("--best", action="store_true", help="the best checkpoint by the run's own metric")
    parser.add_argument("--blend", type=command.path, metavar="RUN", help="another run of the same networks")
    parser.add_argument(
        "--share", type=float, help=f"of the parameters, from --workdir's (0) to --blend's (default: {SHARE})"
    )
    parser.add_argument("--batch_size", type=int, default=256, help="outputs in memory; it does not change them")
    parser.add_argument(
        "--out", type=command.path, help="a folder, or a file .npz, .png, .jpg, .webp, .gif, .mp4, .glb, .obj, .stl"
    )
    parser.add_argument(
        "--format", choices=(*FILES, "npz", "grid"), help="instead of that which the suffix of --out means"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    parser.add_argument(
        "--reject_near_duplicates",
        nargs="?",
        const="pixels",
        metavar="FEATURES",
        help="leave out images that lie as near to a training one as one of 1000 held-out ones (docs/privacy.md)",
    )
    parser.add_argument("--interpolate", action="store_true", help="a film of the way from seed to seed")
    parser.add_argument("--frames", type=int, help=f"of a film, from one seed to the next (default: {FRAMES})")
    parser.add_argument(
        "--space", default="", help="of codes that are walked through or changed: z, w, class (docs/control.md)"
    )
    parser.add_argument("--mix_with", metavar="SEEDS", help="whose codes take the place of the others in --layers")
    parser.add_argument("--layers", help="rows of a code that are changed, such as 4-7 (of a direction by default all)")
    parser.add_argument(
        "--direction",
        metavar="K|NAME",
        help="to go from the codes: 0 the one that does the most, or a name of the file's",
    )
    parser.add_argument(
        "--traverse",
        nargs="?",
        const="",
        metavar="LATENTS",
        help="give each of these numbers of z each strength, such as 0-9 (default: the ten that are used most)",
    )
    parser.add_argument(
        "--directions", type=command.path, metavar="FILE", help="of directions (default: found by SeFa)"
    )
    parser.add_argument(
        "--strength", metavar="S,S,...", help="how far to go: -3,0,3 makes three (of --traverse by default -3 to 3)"
    )
    provenance.add_identity(parser, "--sign")
    command.add_plugins(parser)
    command.add_hosts(parser)
    return parser


def _check_count(count: int | None, key: str) -> None:
    if count is not None:
        if count < 1:
            raise InputError(f"{key}={count} should be at least 1.")
        ranges.check_count(count, f"{key}={count}")


def _check_effects(flags: argparse.Namespace) -> None:
    """Refuses arguments that would change nothing, and fills in what they are where they are not given."""
    film = "a film goes from seed to seed: --seeds=1,2 --interpolate --out=FILE.gif"
    if flags.share is not None:
        if flags.blend is None:
            raise InputError(f"--share={flags.share:g} is of another run's parameters: name that run by --blend.")
        if not 0 <= flags.share <= 1:
            raise InputError(f"--share={flags.share:g} should be at least 0 and at most 1.")
    if flags.interpolate and flags.format:
        raise InputError(f"--format={flags.format} is not for films, which are .gif or .mp4 by the suffix of --out.")
    if flags.frames is not None and not flags.interpolate:
        raise InputError(f"--frames={flags.frames} is of films, and {film}.")
    if flags.out.suffix.lower() in films.SUFFIXES and not flags.interpolate:
        raise InputError(f"--out={flags.out}: {film}.")
    if flags.own_size and not flags.condition and flags.reconstruct is None:
        raise InputError("--own_size is of pictures that are given: name them, such as by --condition source=FOLDER.")
    flags.share = SHARE if flags.share is None else flags.share
    flags.frames = flags.frames or FRAMES


def _spell_out(flags: argparse.Namespace) -> None:
    """The short forms as what they stand for."""
    flags.typed = {}
    flags.condition = wishes.pairs(flags.condition, "--condition")
    flags.option = wishes.pairs(flags.option, "--option")
    if flags.reconstruct is not None:
        if flags.draw or flags.interpolate or flags.truncation is not None:
            raise InputError("--reconstruct is a draw without latents: --draw, --interpolate and --truncation are not.")
        flags.draw = "reconstruction"
        _stand_for(flags, flags.condition, "image", flags.reconstruct, "--reconstruct")
    if flags.labels is not None:
        _stand_for(flags, flags.condition, "label", flags.labels, "--labels")
    if flags.truncation is not None:
        _stand_for(flags, flags.option, "truncation", flags.truncation, "--truncation")


def _stand_for(flags: argparse.Namespace, texts: dict[str, str], name: str, text: str, flag: str) -> None:
    if name in texts:
        long = "--option" if texts is flags.option else "--condition"
        raise InputError(f"{flag}={text} and {long} {name}={texts[name]} say the same thing: give one of them.")
    texts[name] = text
    flags.typed[name] = flag


def _check_steering(flags: argparse.Namespace) -> None:
    """Refuses arguments about codes that do not go together, and reads their numbers."""
    mixing, moving, traversing = flags.mix_with is not None, flags.direction is not None, flags.traverse is not None
    if mixing + moving + traversing > 1:
        raise InputError("--mix_with, --direction and --traverse are pictures of their own: ask for one of them.")
    if (mixing or moving or traversing or flags.space) and (flags.draw or flags.reconstruct is not None):
        raise InputError("--draw and --reconstruct are not for what is made of codes: --space says which.")
    if mixing and (flags.layers is None or flags.interpolate):
        raise InputError("--mix_with takes --layers, such as 4-7, and makes pictures, not a film.")
    if traversing and flags.interpolate:
        raise InputError("--traverse makes pictures, not a film.")
    if moving != (flags.strength is not None) and not traversing:
        raise InputError("--direction and --strength go together: --direction=0 --strength=-3,0,3.")
    alone = {"--directions": flags.directions and not moving, "--layers": flags.layers and not (mixing or moving)}
    alone["--space"] = flags.space and not (mixing or moving or traversing or flags.interpolate)
    for flag, wrong in alone.items():
        if wrong:
            raise InputError(f"{flag} says where to mix, to move or to walk: give --mix_with, --direction or others.")
    flags.mix_with_seeds = ranges.parse(flags.mix_with, "--mix_with", 2**32) if mixing else None
    flags.strengths = numbers(flags.strength or TRAVERSAL, "--strength") if moving or traversing else ()


def numbers(text: str, key: str, example: str = "-3,0,3", *, once: bool = False) -> list[float]:
    """Finite numbers with commas between them, or each but once; `key` is how they were asked for."""
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = [float("nan")]
    if not np.isfinite(found).all():
        raise InputError(f"{key}={text}: should be numbers with commas between them, such as {example}.")
    if once and len(set(found)) < len(found):
        raise InputError(f"{key}={text}: one is given twice.")
    return found


def _signer(flags: argparse.Namespace) -> signing.Signer | None:
    """Who signs, tried before there is anything to sign."""
    if (flags.sign is None) != (flags.key is None):
        raise InputError("--sign and --key go together: --sign=certificate.pem --key=key.pem.")
    if flags.sign is None:
        return None
    if flags.format == "npz" or (flags.suffix and flags.suffix not in PICTURES.values()):
        raise InputError(
            f"--sign: an npz or a mesh has no place for a manifest (--out={flags.out}): write a picture or a film."
        )
    return signing.Signer(flags.sign, flags.key, "--sign")


def _format(flags: argparse.Namespace) -> str:
    """What to write, if it fits the name of the output."""
    out: Path = flags.out
    suffix = out.suffix.lower()
    if flags.interpolate:
        films.check_film(out)
        if out.is_dir():
            raise InputError(f"--out={out} is a folder; a film is none.")
        return "film"
    found = flags.format or FORMATS.get(suffix)
    meant = FORMATS.get(suffix, "png")
    is_folder = found in FILES and meant == "png"
    if found is None or not (is_folder or meant == found):
        raise InputError(
            f"--out={out}: give a folder for {', '.join(FILES)}, a file .npz for npz, a file .png for grid; a file "
            f"{', '.join(FILES[name] for name in FILES if name != 'png')} for one output."
        )
    if out.exists() and out.is_dir() != is_folder:
        raise InputError(f"--out={out} is a {'folder' if out.is_dir() else 'file'}; {found} is none.")
    return found
