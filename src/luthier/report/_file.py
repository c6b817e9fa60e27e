"""A Python file as bytes and tree: which statement binds a name, and where a function stands."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from types import CodeType

from luthier.report._names import bound_names

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class SourceFile:
    """The text of one file, or of a notebook's cell."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.data = name, text.encode()
        self.tree = ast.parse(text)
        self._lines = self.data.splitlines(keepends=True)
        self._starts: list[int] = [0, *accumulate(len(line) for line in self._lines)]
        self.bindings: dict[str, list[ast.stmt]] = {}  #: statements of the module that bind a name, in order
        for statement in _statements(self.tree.body):
            for bound in bound_names([statement]):
                self.bindings.setdefault(bound, []).append(statement)

    @property
    def postpones_annotations(self) -> bool:
        """Whether it begins with ``from __future__ import annotations``."""
        futures = [s for s in self.tree.body if isinstance(s, ast.ImportFrom) and s.module == "__future__"]
        return any(alias.name == "annotations" for s in futures for alias in s.names)

    def start(self, node: ast.expr | ast.stmt) -> int:
        """Offset of a node in ``data``."""
        return self._starts[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt) -> int:
        """Offset behind a node in ``data``."""
        assert node.end_lineno is not None  # parsed, so it has positions
        assert node.end_col_offset is not None
        return self._starts[node.end_lineno - 1] + node.end_col_offset

    def lines_of(self, statement: ast.stmt) -> tuple[int, int]:
        """Offsets of a statement's whole lines, with its decorators and the comment above it."""
        first = first_line(statement) - 1
        while first and self._lines[first - 1].lstrip().startswith(b"#"):
            first -= 1
        assert statement.end_lineno is not None
        return self._starts[first], self._starts[statement.end_lineno]

    def function(self, code: CodeType) -> Function | None:
        """The definition or lambda that was compiled to ``code``; None when that cannot be told."""
        found = [
            node
            for node in ast.walk(self.tree)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            and first_line(node) == code.co_firstlineno
            and getattr(node, "name", "<lambda>") == code.co_name
        ]
        if len(found) > 1:  # several lambdas on a line: the compiler notes where each instruction comes from
            places = set(code.co_positions())
            found = [n for n in found if isinstance(n, ast.Lambda) and _place(n.body) in places]
        return found[0] if len(found) == 1 else None

    def definition(self, qualified: str) -> Definition | None:
        """The class or function of a qualified name such as ``make.<locals>.Net``."""
        body: list[ast.stmt] = self.tree.body
        found: Definition | None = None
        for part in qualified.split("."):
            if part != "<locals>":
                found = next((d for d in _definitions(body) if d.name == part), None)
                if found is None:
                    return None
                body = found.body
        return found


@cache
def source_file(name: str) -> SourceFile | None:
    """The file of that name, as Python read it; None when its text is lost."""
    text = "".join(linecache.getlines(name))
    try:
        return SourceFile(name, text) if text else None
    except SyntaxError:
        return None


def first_line(node: ast.stmt | ast.expr) -> int:
    """The line a node begins on, its decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min(n.lineno for n in (node, *decorators))


def _place(node: ast.expr) -> tuple[int | None, int | None, int | None, int | None]:
    return node.lineno, node.end_lineno, node.col_offset, node.end_col_offset


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The module's statements, without what runs only as a script, and with imports for the type checker alone."""
    for statement in body:
        test = ast.unparse(statement.test) if isinstance(statement, ast.If) else ""
        if isinstance(statement, ast.If) and test.split(".")[-1] == "TYPE_CHECKING":
            yield from _statements(statement.body)
        elif not (isinstance(statement, ast.If) and "__name__" in test):
            yield statement


def _definitions(body: list[ast.stmt]) -> Iterator[Definition]:
    for statement in body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield statement
        else:
            yield from _definitions([s for s in ast.iter_child_nodes(statement) if isinstance(s, ast.stmt)])
