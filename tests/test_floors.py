"""The house has floors: imports go down, never up, and the core knows no plugin by name."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = ROOT / "src" / "stylecli"
PLUGINS = ROOT / "plugins"
VALUES = ["errors", "options", "progress", "config", "files", "places", "version"]
VALUES += ["weights"]
SERVICES = ["hub", "models", "images", "datasets", "loras", "styles", "bases"]
SERVICES += ["training", "sampling"]
CONTRACT = ["method", "captioner", "metric", "command", "hookspecs", "plugin", "registration"]
CONTRACT += ["registration_checks", "registry", "recommended", "opening"]
FLOORS = {name: 1 for name in VALUES}
FLOORS |= {name: 2 for name in SERVICES} | {name: 3 for name in CONTRACT}
FLOORS |= {name: 4 for name in ("demo", "doctor", "captioning", "evaluation", "scaffold")}
FLOORS |= {"testing": 5} | {name: 6 for name in ("cli", "__main__")}


def imports_of(path):
    """Names of the modules that a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports stand with their full name"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def parts_imported_by(path):
    """Which parts of the core a file imports."""
    for name in imports_of(path):
        parts = name.split(".")
        if parts[0] == "stylecli" and len(parts) > 1:
            yield parts[1]


MODULES = sorted(path for path in CORE.rglob("*.py") if path != CORE / "__init__.py")


def part_of(path):
    return path.relative_to(CORE).parts[0].removesuffix(".py")


def test_every_part_of_the_core_has_a_floor():
    assert {part_of(path) for path in MODULES} == set(FLOORS)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(CORE)))
def test_imports_go_down(path):
    own = part_of(path)
    above = [part for part in parts_imported_by(path) if FLOORS.get(part, 0) > FLOORS[own]]
    assert above == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(CORE)))
def test_the_core_imports_no_plugin(path):
    packages = {folder.name for folder in PLUGINS.iterdir() if folder.is_dir()}
    assert packages
    assert not packages & {name.split(".")[0] for name in imports_of(path)}


@pytest.mark.parametrize(
    "path", sorted(PLUGINS.glob("*/*.py")), ids=lambda path: str(path.relative_to(PLUGINS))
)
def test_a_plugin_sees_of_the_core_what_anybody_sees(path):
    """Plugins use names of ``stylecli`` itself, and no other plugin."""
    import stylecli

    own = path.relative_to(PLUGINS).parts[0]
    for name in imports_of(path):
        top, _, rest = name.partition(".")
        inside = top == "stylecli" and rest and rest not in stylecli.__all__
        assert not inside, f"{path.name} reaches into {name}"
        assert not top.startswith("stylecli_") or top == own
    used = {
        node.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "stylecli"
    }
    assert used <= set(stylecli.__all__)


def test_parts_do_not_import_in_a_circle():
    edges = {part: set() for part in FLOORS}
    for path in MODULES:
        edges[part_of(path)] |= set(parts_imported_by(path)) & set(FLOORS) - {part_of(path)}
    while leaves := [part for part, needed in edges.items() if not needed & set(edges)]:
        for part in leaves:
            del edges[part]
    assert edges == {}
