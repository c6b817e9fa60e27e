"""The house's rules, read from the source: who may import whom, and how long a file may be."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "luthier"
SOURCES = sorted(PACKAGE.rglob("*.py"))

#: A module imports only from its own package and from what stands before it here.
ORDER = (
    "errors",
    "user_code",
    "records",
    "files",
    "hyperparameters",
    "space",
    "events",
    "task",
    "training",
    "probes",
    "search",
    "executors",
    "study",
    "report",
    "tuning",
    "__init__",
    "cli",
    "__main__",
)


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in SOURCES}
by_module = pytest.mark.parametrize("name", MODULES)


def tree(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text())


def layer(name: str) -> str:
    """``luthier.task.data`` belongs to ``task``; ``luthier`` itself is ``__init__``."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imported(node: ast.AST) -> list[str]:
    """The modules that an import statement names; for our own the file that holds the name."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        inner = [f"{node.module}.{alias.name}" for alias in node.names]
        return [name if name in MODULES else node.module for name in inner]
    return []


def imports(name: str) -> list[str]:
    return [module for node in ast.walk(tree(name)) for module in imported(node)]


def own(modules: list[str]) -> list[str]:
    return [m for m in modules if m.split(".")[0] == "luthier"]


def top(modules: list[str]) -> set[str]:
    return {m.split(".")[0] for m in modules}


@by_module
def test_a_module_imports_only_from_the_lines_above_it(name: str) -> None:
    allowed = {*ORDER[: ORDER.index(layer(name))], layer(name)}
    assert [m for m in own(imports(name)) if layer(m) not in allowed] == []


def test_no_module_imports_itself_through_others() -> None:
    edges = {name: {m for m in own(imports(name)) if m in MODULES and m != name} for name in MODULES}
    while leaves := [name for name, targets in edges.items() if not targets]:
        edges = {name: targets - set(leaves) for name, targets in edges.items() if name not in leaves}
    assert edges == {}, "these modules are in a cycle, or lead into one"


@by_module
def test_own_imports_stand_at_the_top_except_in_the_command_line(name: str) -> None:
    parsed = tree(name)
    at_top = {id(node) for node in parsed.body}
    hidden = [m for node in ast.walk(parsed) if id(node) not in at_top for m in own(imported(node))]
    assert name == "luthier" or layer(name) == "cli" or hidden == []


@by_module
def test_only_the_command_line_imports_typer_and_rich(name: str) -> None:
    assert layer(name) == "cli" or not top(imports(name)) & {"typer", "rich", "click"}


@by_module
def test_only_one_file_imports_ray(name: str) -> None:
    assert name == "luthier.executors.ray" or "ray" not in top(imports(name))


@pytest.mark.parametrize("name", [n for n, path in MODULES.items() if path.name == "__init__.py"])
def test_a_package_only_re_exports(name: str) -> None:
    """Docstring, imports and ``__all__``; the root loads its names when they are first used (PEP 562)."""
    assert [ast.unparse(node) for node in tree(name).body if not _re_exports(node, root=name == "luthier")] == []


def _re_exports(node: ast.stmt, *, root: bool) -> bool:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.FunctionDef):
        return root and node.name in ("__getattr__", "__dir__")
    if isinstance(node, ast.If):
        return root and ast.unparse(node.test) == "TYPE_CHECKING" and all(imported(inner) for inner in node.body)
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    names = [t.id for t in targets if isinstance(t, ast.Name)]
    return bool(names) and all(n == "__all__" or (root and n.startswith("_")) for n in names)


@pytest.mark.parametrize("folder", ["src", "tests", "benchmarks", "examples"])
def test_no_file_is_longer_than_400_lines(folder: str) -> None:
    lengths = {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in (ROOT / folder).rglob("*.py")}
    assert {path: n for path, n in lengths.items() if n > 400} == {}
