"""The rooms of docs/design.md: who may import whom, and how large a file may be."""

import ast
import subprocess
import sys
import tomllib

from commands import ROOT, environment

PACKAGE = ROOT / "gan_jax"
GROUND = {"types", "rng", "images", "errors", "network", "average", "schedules", "compiler", "command", "__init__"}
FLOORS = [  # from the ground up
    GROUND,
    {"nets", "data", "features"},
    {"losses"},
    {"objectives", "metrics"},
    {"config"},
    {"runs"},
    {"frozen", "sampling"},
    {"evaluation"},
    {"training"},
    {"commands"},
    {"__main__"},
]
# What only those who type wait for: a command's config, the sampler of `gan_jax.load`, and the version in a banner.
EXCEPTIONS = {("command", "config"), ("__init__", "sampling"), ("frozen", "runs")}
MODULES = {".".join(file.relative_to(ROOT).with_suffix("").parts): file for file in PACKAGE.rglob("*.py")}


def room(module: str) -> str:
    parts = module.removesuffix(".__init__").split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imports(module: str, *, late: bool) -> set[str]:
    """The package's modules that a module imports; `late` counts imports inside functions too."""
    tree = ast.parse(MODULES[module].read_text())
    found = set()
    for node in ast.walk(tree) if late else tree.body:
        names = []
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gan_jax"):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES or f"{name}.__init__" in MODULES else node.module for name in names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.startswith("gan_jax")]
        found |= {name if name in MODULES else f"{name}.__init__" for name in names}
    return found - {module}


def test_imports_run_from_the_ground_up():
    floor = {name: number for number, names in enumerate(FLOORS) for name in names}
    wrong = []
    for module in MODULES:
        for other in imports(module, late=False):
            a, b = room(module), room(other)
            if a != b and b != "__init__" and (a, b) not in EXCEPTIONS and floor[b] > floor[a]:
                wrong.append(f"{module} imports {other}")
    assert not wrong


def test_no_modules_import_each_other_in_a_circle():
    edges = {module: imports(module, late=False) for module in MODULES if not module.endswith("__init__")}
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path, module))
        if module not in done:
            for other in edges.get(module, ()):
                visit(other, (*path, module))
            done.add(module)

    for module in edges:
        visit(module, ())


def test_files_can_be_held_in_the_head():
    assert {name: lines for name, file in MODULES.items() if (lines := len(file.read_text().splitlines())) > 300} == {}


def test_every_package_is_installed_and_the_configs_with_them():
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    there = {".".join(file.parent.relative_to(ROOT).parts) for file in PACKAGE.rglob("__init__.py")}
    assert listed == there | {"gan_jax.configs"}


def test_the_command_starts_without_jax():
    code = "import sys; sys.argv = ['gan-jax', *sys.argv[1:]]; from gan_jax.__main__ import main\n"
    code += "try: main()\nexcept SystemExit: pass\nassert not {'jax', 'flax', 'optax'} & set(sys.modules)"
    for words in (["--help"], ["train", "--list"], ["train", "--help"], ["nothing"]):
        done = subprocess.run([sys.executable, "-c", code, *words], env=environment(), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert {"--help": "sample", "train": "quickstart" if "--list" in words else "gan-jax train"}.get(
            words[0], ""
        ) in done.stdout
