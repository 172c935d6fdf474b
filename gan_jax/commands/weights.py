"""Fetches published weights and converts them to the one form that is read here."""

from collections.abc import Sequence

from gan_jax import command, terminal
from gan_jax.features.convert import convert, fetch
from gan_jax.features.weights import PUBLISHED


def main(arguments: Sequence[str]) -> int:
    """Converts or fetches, and says what was written."""
    parser = command.parser("weights", "Fetches published weights and converts them to the one form that is read here.")
    commands = parser.add_subparsers(dest="command", required=True)
    converter = commands.add_parser("convert", help="convert published files into one npz")
    files = "published files, and last the .npz to write (default: into the weights folder)"
    converter.add_argument("files", nargs="+", type=command.path, metavar="FILE", help=files)
    fetcher = commands.add_parser("fetch", help="download and convert published weights")
    fetcher.add_argument("name", choices=sorted(PUBLISHED), help="the network whose weights are wanted")
    flags = parser.parse_args(arguments)
    if flags.command == "fetch":
        terminal.show(str(fetch(flags.name)))
    else:
        named = len(flags.files) > 1 and flags.files[-1].suffix == ".npz"
        terminal.show(str(convert(flags.files[:-1], flags.files[-1]) if named else convert(flags.files)))
    return 0
