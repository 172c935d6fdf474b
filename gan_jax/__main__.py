"""The command `gan-jax`, also as `python -m gan_jax`: `gan-jax train --config=quickstart`."""

import importlib
import sys

from gan_jax import __version__, command
from gan_jax.errors import nearest

COMMANDS = {
    "train": ("gan_jax.commands.train", "train a model from a config, or go on with a run"),
    "sample": ("gan_jax.commands.sample", "draw from a trained run, by seed"),
    "metrics": ("gan_jax.evaluation.__main__", "compare two sets of images, or score a run"),
    "report": ("gan_jax.commands.report", "a run's losses and metrics as a picture"),
    "list": ("gan_jax.commands.listing", "what there is: configs, losses, networks, metrics, features, ..."),
    "classifier": ("gan_jax.evaluation.train_classifier", "train the classifier whose features metrics use"),
    "weights": ("gan_jax.commands.weights", "fetch and convert published weights"),
}


def main() -> None:
    """Runs the command that is named, as its own arguments say."""
    name, *arguments = sys.argv[1:] or ["--help"]
    if name in ("--help", "-h"):
        width = max(map(len, COMMANDS))
        print("usage: gan-jax COMMAND ...; gan-jax COMMAND --help tells more\n")
        print("\n".join(f"  {command:<{width}}  {what}" for command, (_, what) in COMMANDS.items()))
    elif name == "--version":
        print(f"gan_jax {__version__}")
    elif name not in COMMANDS:
        print(f"error: there is no command {name!r}. {nearest(name, COMMANDS)}", file=sys.stderr)
        sys.exit(2)
    else:
        command.main(lambda given: importlib.import_module(COMMANDS[name][0]).main(given), arguments)


if __name__ == "__main__":
    main()
