"""The command `gan-jax`, also as `python -m gan_jax`: `gan-jax train --config=quickstart`."""

import importlib
import sys
from collections.abc import Sequence

from gan_jax import __version__, terminal
from gan_jax.errors import nearest

COMMANDS = {
    "train": ("gan_jax.commands.train", "train a model from a config, or go on with a run"),
    "sample": ("gan_jax.commands.sample", "draw from a trained run, by seed"),
    "directions": ("gan_jax.commands.directions", "find directions along which a model's images change"),
    "steering": ("gan_jax.commands.steering_measured", "measure what directions do to attributes of images"),
    "projection": ("gan_jax.commands.projection", "find the codes of images, to change them"),
    "metrics": ("gan_jax.commands.metrics", "compare two sets of images, or score a run"),
    "memorization": ("gan_jax.commands.memorization", "look for copies of training images in a model's"),
    "bias": ("gan_jax.commands.bias", "hold attributes of a model's images against those of its training data"),
    "augment": ("gan_jax.commands.augment", "ask whether a generator's images make a classifier better"),
    "detect": ("gan_jax.commands.detect", "tell generated images from real ones, with controls for leaks"),
    "report": ("gan_jax.commands.report", "a run's losses and metrics as a picture"),
    "provenance": ("gan_jax.commands.provenance", "what a file says of where it comes from, signed or not"),
    "list": ("gan_jax.commands.listing", "what there is: configs, losses, networks, metrics, features, ..."),
    "classifier": ("gan_jax.commands.classifier", "train the classifier whose features metrics use"),
    "tower": ("gan_jax.commands.tower", "train the network of pictures and captions that r_precision asks"),
    "weights": ("gan_jax.commands.weights", "fetch and convert published weights"),
}


def main() -> None:
    """Runs the command that is named, as its own arguments say."""
    name, *arguments = sys.argv[1:] or ["--help"]
    if name in COMMANDS:
        run(name, arguments)
    terminal.prepare()
    if name in ("--help", "-h"):
        width = max(map(len, COMMANDS))
        rows = (f"  {command:<{width}}  {what}" for command, (_, what) in COMMANDS.items())
        terminal.show("\n".join(["usage: gan-jax COMMAND ...; gan-jax COMMAND --help tells more\n", *rows]))
    elif name == "--version":
        terminal.show(f"gan_jax {__version__}")
    else:
        print(f"error: there is no command {name!r}. {nearest(name, COMMANDS)}", file=sys.stderr)
        sys.exit(2)


def run(name: str, arguments: Sequence[str] | None = None) -> None:
    """Runs a command, on the arguments of this process where none are given, and exits with its status."""
    terminal.prepare()
    with terminal.importing():
        from gan_jax import command

    def imported(given: Sequence[str]) -> int:
        with terminal.importing():
            module = importlib.import_module(COMMANDS[name][0])
        return module.main(given)

    command.main(imported, arguments)


if __name__ == "__main__":
    main()
