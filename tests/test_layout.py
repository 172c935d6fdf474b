"""The rooms of docs/design.md: who may import whom, how large a file may be, and what is installed."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions

import pytest
from commands import ROOT, environment

MODULES = {".".join(file.relative_to(ROOT).with_suffix("").parts): file for file in (ROOT / "gan_jax").rglob("*.py")}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LATE = {("gan_jax.__init__", "gan_jax.sampling.load")}  # against the order: when `gan_jax.load` is asked for


def floors() -> dict[str, int]:
    """The row of every room in the layout's table: a room may import those of its own row and of the rows above."""
    layout = (ROOT / "docs" / "design.md").read_text().split("## Where things are")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", layout, re.MULTILINE)
    rooms = [[name.removesuffix("/").removesuffix(".py") for name in re.findall("`(.*?)`", row)] for row in rows]
    return {name: number for number, names in enumerate(rooms) for name in names}


def room(module: str) -> str:
    return module.split(".")[1]


def nodes(tree: ast.AST, *, late: bool) -> Iterator[ast.AST]:
    """All nodes of a syntax tree; those inside functions, which run later, where `late` says so."""
    for child in ast.iter_child_nodes(tree):
        yield child
        if late or not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from nodes(child, late=late)


def names_imported(module: str, *, late: bool) -> set[str]:
    found = set()
    for node in nodes(ast.parse(MODULES[module].read_text()), late=late):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has an import that is relative"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def imports(module: str, *, late: bool) -> set[str]:
    """The package's modules that a module imports; `from gan_jax.losses import hinge` imports losses/__init__.py."""
    found = set()
    for name in names_imported(module, late=late):
        if name.split(".")[0] == "gan_jax":
            candidates = (name, f"{name}.__init__", name.rpartition(".")[0], f"{name.rpartition('.')[0]}.__init__")
            found.add(next(candidate for candidate in candidates if candidate in MODULES))
    return found - {module}


def test_every_room_stands_in_the_table_of_the_design():
    assert set(floors()) == {room(module) for module in MODULES}


def test_imports_run_from_the_ground_up():
    floor = floors()
    edges = {(module, other) for module in MODULES for other in imports(module, late=True)}
    assert {(a, b) for a, b in edges if floor[room(b)] > floor[room(a)]} == LATE


def test_rooms_form_no_circle():
    rooms = {(room(a), room(b)) for a in MODULES for b in imports(a, late=True) if (a, b) not in LATE}
    assert circle({pair for pair in rooms if pair[0] != pair[1]}) == ()


def test_modules_form_no_circle():
    assert circle({(a, b) for a in MODULES for b in imports(a, late=False)}) == ()


def circle(edges: set[tuple[str, str]]) -> tuple[str, ...]:
    """One circle of a directed graph, its first name repeated at its end; () where there is none."""
    after: dict[str, list[str]] = {}
    for a, b in sorted(edges):
        after.setdefault(a, []).append(b)
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> tuple[str, ...]:
        if name in path:
            return (*path[path.index(name) :], name)
        if name in done:
            return ()
        rounds = (visit(other, (*path, name)) for other in after.get(name, ()))
        found: tuple[str, ...] = next(filter(None, rounds), ())
        done.add(name)
        return found

    return next(filter(None, (visit(name, ()) for name in after)), ())


@pytest.mark.parametrize(
    ("edges", "found"),
    [
        ({("a", "b"), ("b", "c"), ("a", "c")}, ()),
        ({("a", "b"), ("b", "c"), ("c", "b")}, ("b", "c", "b")),
        ({("a", "b"), ("c", "d"), ("d", "e"), ("e", "c")}, ("c", "d", "e", "c")),
    ],
)
def test_circles_are_found(edges, found):
    assert circle(edges) == found


def test_files_can_be_held_in_the_head():
    assert {name: lines for name, file in MODULES.items() if (lines := len(file.read_text().splitlines())) > 300} == {}


def test_every_package_is_installed_and_the_configs_with_them():
    listed = PROJECT["tool"]["setuptools"]["packages"]
    there = {".".join(file.parent.relative_to(ROOT).parts) for file in MODULES.values()}
    assert sorted(listed) == sorted(there | {"gan_jax.configs"})
    assert {f"{package}.__init__" for package in there} <= set(MODULES)


def test_what_a_module_needs_is_installed_with_the_package():
    required = {re.match(r"[\w-]+", line)[0].lower() for line in PROJECT["project"]["dependencies"]}
    distributions = packages_distributions()
    wrong = set()
    for module in MODULES:
        for top in {name.split(".")[0] for name in names_imported(module, late=False)}:
            provided_by = {name.lower().replace("_", "-") for name in distributions.get(top, ())}
            if top not in {"gan_jax", *sys.stdlib_module_names} and not provided_by & required:
                wrong.add(f"{module} imports {top}")
    assert not wrong


def python(code: str, *words: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, *words], env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_package_is_imported_without_jax_and_tensorflow():
    python("import sys, gan_jax; assert not {'jax', 'numpy', 'tensorflow'} & set(sys.modules)")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("--help",), "sample"),
        (("train", "--list"), "quickstart"),
        (("train", "--help"), "gan-jax train"),
        (("nothing",), ""),
    ],
)
def test_the_command_starts_without_jax(words, shown):
    code = "import sys; sys.argv = ['gan-jax', *sys.argv[1:]]; from gan_jax.__main__ import main\n"
    code += "try: main()\nexcept SystemExit: pass\nassert not {'jax', 'flax', 'optax'} & set(sys.modules)"
    assert shown in python(code, *words)
