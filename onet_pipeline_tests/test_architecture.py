"""The house rules that a machine can check: imports go one way, heavy libraries have one door."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import onet_pipeline

PACKAGE = Path(onet_pipeline.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
ROOMS = ("onet", "roles", "store", "review", "steps", "orchestration", "definitions")


def name_of(module: Path) -> str:
    return module.relative_to(PACKAGE).as_posix()


def room_of(dotted: str) -> str | None:
    parts = dotted.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "onet_pipeline" else None


def imports_of(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_imports_between_rooms_go_one_way(module: Path) -> None:
    room = module.relative_to(PACKAGE).parts[0].removesuffix(".py")
    allowed = ROOMS[: ROOMS.index(room) + 1] if room in ROOMS else ()
    for imported in imports_of(module):
        target = room_of(imported)
        if target in ROOMS and room in ROOMS:
            assert target in allowed, f"{name_of(module)} imports {imported}: {room} may use only {allowed}"


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_dagster_is_known_only_to_orchestration_and_definitions(module: Path) -> None:
    if module.relative_to(PACKAGE).parts[0] in ("orchestration", "definitions.py"):
        return
    assert not any(name.split(".")[0].startswith("dagster") for name in imports_of(module))


def test_one_file_imports_anthropic() -> None:
    users = {name_of(module) for module in MODULES if any(n.split(".")[0] == "anthropic" for n in imports_of(module))}
    assert users == {"roles/claude.py"}


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_settings_are_read_only_where_work_is_started(module: Path) -> None:
    if module.relative_to(PACKAGE).parts[0] in ("steps", "orchestration", "cli.py", "definitions.py", "settings.py"):
        return
    names = set(imports_of(module))
    assert "onet_pipeline.settings" not in names
    assert "os.environ" not in module.read_text(encoding="utf-8")


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_no_room_is_named_for_nothing(module: Path) -> None:
    assert not {"utils", "helpers", "common", "manager", "misc"} & {part.removesuffix(".py") for part in module.parts}


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_every_module_says_what_it_is(module: Path) -> None:
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))
    assert docstring, f"{name_of(module)} has no docstring"
