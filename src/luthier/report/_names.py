"""Which names in a piece of Python mean something that stands outside it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass
class Mention:
    """A name, with the attributes that are read from it: ``torch.nn.Linear`` is torch, then .nn, then .Linear."""

    name: ast.Name
    attributes: list[ast.Attribute] = field(default_factory=list)


def mentions(node: ast.AST) -> list[Mention]:
    """The names in ``node`` that it neither takes as arguments nor binds in a function or class of its own."""
    finder = _Finder()
    finder.visit(node)
    return finder.found


def bound_names(body: Iterable[ast.AST]) -> set[str]:
    """The names that statements bind in the scope they stand in."""
    names: set[str] = set()
    for node in body:
        names.update(_bound_by(node))
    return names


def _bound_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            yield (alias.asname or alias.name).split(".")[0]
    elif isinstance(node, ast.Name):
        if isinstance(node.ctx, (ast.Store, ast.Del)):
            yield node.id
    elif not isinstance(node, (ast.Lambda, *_COMPREHENSIONS)):
        if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            yield node.name
        for child in ast.iter_child_nodes(node):
            yield from _bound_by(child)


def _declared_global(body: Iterable[ast.AST]) -> set[str]:
    return {name for node in body for inner in ast.walk(node) if isinstance(inner, ast.Global) for name in inner.names}


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    extra = [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *extra]


class _Finder(ast.NodeVisitor):
    """Walks with the names that the enclosing scopes bind."""

    def __init__(self) -> None:
        self.found: list[Mention] = []
        self._scopes: list[tuple[set[str], bool]] = []  # names, and whether the scope is a class's

    def visit_Name(self, node: ast.Name) -> None:
        self._see(Mention(node))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        chain: list[ast.Attribute] = []
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            chain.insert(0, inner)
            inner = inner.value
        if isinstance(inner, ast.Name):
            self._see(Mention(inner, chain))
        else:
            self.visit(inner)

    def generic_visit(self, node: ast.AST) -> None:
        if isinstance(node, (*_SCOPES, *_COMPREHENSIONS)):
            self._visit_scope(node)
        else:
            super().generic_visit(node)

    def _see(self, mention: Mention) -> None:
        last = len(self._scopes) - 1
        # A method does not see the names of its class.
        bound = any(
            mention.name.id in names for i, (names, is_class) in enumerate(self._scopes) if i == last or not is_class
        )
        if not bound:
            self.found.append(mention)

    def _visit_scope(self, node: ast.AST) -> None:
        if isinstance(node, _COMPREHENSIONS):
            self._inside(bound_names(g.target for g in node.generators), list(ast.iter_child_nodes(node)))
        elif isinstance(node, ast.ClassDef):
            self._outside([*node.decorator_list, *node.bases, *node.keywords])
            self._inside(bound_names(node.body), node.body, is_class=True)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            arguments = _arguments(node.args)
            self._outside([d for d in (*node.args.defaults, *node.args.kw_defaults) if d is not None])
            self._outside([a.annotation for a in arguments if a.annotation is not None])
            names = {a.arg for a in arguments}
            if isinstance(node, ast.Lambda):
                self._inside(names, [node.body])
                return
            self._outside([*node.decorator_list, *([node.returns] if node.returns else [])])
            self._inside((names | bound_names(node.body)) - _declared_global(node.body), node.body)

    def _outside(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _inside(self, names: set[str], nodes: Iterable[ast.AST], *, is_class: bool = False) -> None:
        self._scopes.append((names, is_class))
        self._outside(nodes)
        self._scopes.pop()
