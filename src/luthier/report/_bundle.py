"""The source of objects, with everything it needs, cut out of the files it stands in.

A name is followed to the statements that bind it: definitions and assignments are copied, imports of installed
packages are written as imports, imports of the user's own files and of Luthier are followed further.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from graphlib import CycleError, TopologicalSorter
from importlib.util import resolve_name
from types import FunctionType, MethodType, ModuleType
from typing import Any

import torch.nn.functional as functional
from torch import nn

from luthier.errors import LuthierError, TaskError
from luthier.records import Config
from luthier.report._file import SourceFile, first_line, source_file
from luthier.report._imports import Import, is_installed, written
from luthier.report._literals import Unwritable, literal
from luthier.report._names import Mention, mentions


@dataclass
class _Scope:
    """Where the names of a statement are looked up."""

    file: SourceFile | None
    module: Mapping[str, Any]
    closure: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class _Block:
    """A statement of the script."""

    file: str
    place: tuple[int, int]  #: line and column
    text: str = ""
    needs: set[str] = field(default_factory=set)  #: files


class Bundle:
    """Collects definitions and imports. ``reserved`` are names that the script uses itself; ``imports`` are its own."""

    def __init__(self, reserved: Iterable[str] = (), imports: Iterable[Import] = ()) -> None:
        self._imports = set(imports)
        self._taken: dict[str, Any] = dict.fromkeys(reserved, "reserved")
        self._taken.update({i.name: i.meaning for i in self._imports})
        self._names: dict[Any, str] = {i.meaning: i.name for i in self._imports}
        self._blocks: dict[Any, _Block] = {}
        self._building: list[_Block] = []
        self._future = False

    def expression(self, value: Any, name: str) -> str:
        """A Python expression for ``value``; what it needs is collected. ``name`` is for what has no name of its own.

        Raises TaskError for what has no source.
        """
        try:
            return self._by_value(value, name)
        except Unwritable as error:
            raise TaskError(
                f"the {name.replace('_', ' ')} cannot be written into a script: {error}; "
                "define it with def or class in a file, from arguments that are numbers or text"
            ) from None

    def call(self, function: Callable[..., Any], name: str, *arguments: str) -> str:
        """A call of ``function``; a partial's arguments are written out. Raises TaskError as above."""
        if isinstance(function, partial):
            first = [self.expression(a, name) for a in function.args]
            named = [f"{k}={self.expression(v, name)}" for k, v in function.keywords.items()]
            return self.call(function.func, name, *first, *arguments, *named)
        return f"{self.expression(function, name)}({', '.join(arguments)})"

    @property
    def imports(self) -> str:
        """The import statements."""
        return written(self._imports, future=self._future)

    @property
    def definitions(self) -> str:
        """The statements: files after those they need, each in its own order."""
        files: dict[str, set[str]] = {}
        for block in self._blocks.values():
            files.setdefault(block.file, set()).update(block.needs - {block.file})
        try:
            order = list(TopologicalSorter(files).static_order())
        except CycleError:
            order = list(files)
        blocks = sorted(self._blocks.values(), key=lambda b: (order.index(b.file), b.place))
        text = ""
        for before, block in zip([None, *blocks], blocks, strict=False):
            close = before is not None and not {_is_definition(before.text), _is_definition(block.text)} & {True}
            text += ("" if before is None else "\n" if close else "\n\n\n") + block.text
        return text

    def _take(self, name: str, key: Any) -> str:
        """``name``, or one like it that nothing else has."""
        if key not in self._names:
            free, number = name, 2
            while self._taken.get(free, key) != key:
                free, number = f"{name}_{number}", number + 1
            self._taken[free] = key
            self._names[key] = free
        return self._names[key]

    def _import(self, one: Import) -> str:
        known = one.meaning in self._names
        name = self._take(one.name, one.meaning)
        dotted = one.attribute is None and one.alias is None and "." in one.module
        if dotted:
            self._imports.add(one)
        elif not known:
            self._imports.add(one if name == one.name else Import(one.module, one.attribute, name))
        return name

    def _by_value(self, value: Any, name: str) -> str:
        if isinstance(value, partial):
            parts = [self._by_value(v, name) for v in (value.func, *value.args)]
            named = [f"{k}={self._by_value(v, name)}" for k, v in value.keywords.items()]
            return f"{self._import(Import('functools', 'partial'))}({', '.join(parts + named)})"
        if isinstance(value, MethodType):
            return f"{self._by_value(value.__self__, name)}.{value.__name__}"
        if isinstance(value, ModuleType):
            return self._module(value)
        plain = inspect.unwrap(value) if callable(value) and hasattr(value, "__wrapped__") else value
        if isinstance(plain, type) or inspect.isroutine(plain):
            return self._defined(plain, value, name)
        return literal(value, partial(self._by_value, name=name))

    def _module(self, module: ModuleType) -> str:
        if not is_installed(module.__name__, getattr(module, "__file__", None)):
            raise Unwritable(f"it uses the module {module.__name__} as a value")
        top, _, rest = module.__name__.rpartition(".")
        return self._import(Import(top, rest) if top else Import(rest))

    def _defined(self, value: Any, decorated: Any, name: str) -> str:
        """A class or function: an import when it is installed, its source otherwise."""
        if isinstance(value, type) and issubclass(value, LuthierError):
            return "ValueError"
        if value is Config:
            return "dict"
        module = getattr(value, "__module__", None) or ""
        qualified: str = getattr(value, "__qualname__", name)
        home = sys.modules.get(module)
        if module == "builtins":
            if not hasattr(builtins, qualified):
                raise Unwritable(f"it holds a {qualified}")
            return qualified
        if module.startswith("torch.nn.modules.") and hasattr(nn, qualified):
            return f"{self._import(Import('torch', 'nn'))}.{qualified}"
        if module == "torch.nn.functional" or getattr(functional, qualified, None) is value:
            return f"{self._import(Import('torch.nn.functional', None, 'F'))}.{qualified}"
        if module.split(".")[0] == "luthier" and isinstance(value, type):
            raise Unwritable(f"it uses {qualified} of Luthier, which a plain script lacks")
        if "<" not in qualified and is_installed(module, getattr(home, "__file__", None)):
            first, _, rest = qualified.partition(".")
            return ".".join(filter(None, [self._import(Import(module, first)), rest]))
        scope = _scope_of(value, qualified)
        if scope.file is None:
            raise Unwritable(f"the source of {qualified} is not in a file")
        first, _, rest = qualified.partition(".")
        known = [n for n, v in scope.module.items() if v is decorated and n in scope.file.bindings]
        if known:
            return self._named(first if first in known else known[0], scope)
        if rest and first in scope.file.bindings and "<" not in qualified:
            return f"{self._named(first, scope)}.{rest}"
        is_function = isinstance(value, FunctionType)
        node = scope.file.function(value.__code__) if is_function else scope.file.definition(qualified)
        if node is None:
            raise Unwritable(f"the source of {qualified} cannot be told from its neighbours' in {scope.file.name}")
        if isinstance(node, ast.Lambda):
            return self._lambda(node, name, scope)
        if value is decorated:  # what a decorator was given, without the decorator
            node = copy(node)
            node.decorator_list = []
        return self._block([node], node.name, scope, key=(id(value), node.name))

    def _named(self, name: str, scope: _Scope) -> str:
        """What a name means in the script: mostly the same name, once its statements are collected."""
        if name in scope.closure:
            return self._constant(name, scope.closure[name], scope)
        statements = scope.file.bindings.get(name, []) if scope.file else []
        if len(statements) == 1 and isinstance(statements[0], (ast.Import, ast.ImportFrom)):
            return self._imported(name, statements[0], scope)
        if re.fullmatch("__.*__", name) and isinstance(scope.module.get(name), str):
            return repr(scope.module[name])
        if statements and not _has_changed(statements, scope.module.get(name)):
            return self._block(statements, name, scope)
        return self._constant(name, scope.module[name], scope) if name in scope.module else name

    def _imported(self, name: str, statement: ast.Import | ast.ImportFrom, scope: _Scope) -> str:
        alias = next(a for a in statement.names if (a.asname or a.name).split(".")[0] == name)
        if isinstance(statement, ast.Import):
            if not is_installed(alias.name, getattr(sys.modules[alias.name], "__file__", None)):
                raise Unwritable(f"it uses the module {alias.name} as a value")
            return self._import(Import(alias.name, None, alias.asname))
        module = statement.module or ""
        if statement.level:
            module = resolve_name("." * statement.level + module, scope.module.get("__package__"))
        home = sys.modules.get(module)
        if is_installed(module, getattr(home, "__file__", None)):
            return self._import(Import(module, alias.name, alias.asname))
        value = scope.module.get(name, getattr(home, alias.name, None))
        if isinstance(value, ModuleType):
            return self._module(value)
        if isinstance(value, type) or inspect.isroutine(value) or home is None:
            return self._by_value(value, name)
        return self._named(alias.name, _module_scope(home))

    def _constant(self, name: str, value: Any, scope: _Scope) -> str:
        """A value that no statement of a module explains: it is written out."""
        if isinstance(value, ModuleType) or callable(value):
            return self._by_value(value, name)
        file = scope.file.name if scope.file else "<constants>"
        key = (file, name, id(value))
        final = self._take(name, key)
        if key not in self._blocks:
            self._blocks[key] = _Block(file, (0, len(self._blocks)))
            self._blocks[key].text = f"{final} = {self._by_value(value, name)}"
        self._need(file)
        return final

    def _block(self, statements: list[Any], name: str, scope: _Scope, key: Any = None) -> str:
        """The name under which statements, copied whole, are known in the script."""
        assert scope.file is not None
        final = self._take(name, key or (scope.file.name, name))
        for statement in statements:
            place = (scope.file.name, first_line(statement), key and key[0])
            if place not in self._blocks:
                self._blocks[place] = block = _Block(scope.file.name, (first_line(statement), 0))
                block.text = self._copy(statement, name, final, scope, block)
        self._need(scope.file.name)
        return final

    def _copy(self, statement: ast.stmt, name: str, final: str, scope: _Scope, block: _Block) -> str:
        assert scope.file is not None
        self._future |= scope.file.postpones_annotations
        self._building.append(block)
        try:
            text = textwrap.dedent(self._text(statement, *scope.file.lines_of(statement), scope)).strip("\n")
        finally:
            self._building.pop()
        if final != name and isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            text = re.sub(
                rf"^((?:async )?(?:def|class) +){name}\b", rf"\g<1>{final}", text, count=1, flags=re.MULTILINE
            )
        return text

    def _lambda(self, node: ast.Lambda, name: str, scope: _Scope) -> str:
        """A lambda as a function of the given name."""
        assert scope.file is not None
        key = (scope.file.name, node.lineno, node.col_offset, id(scope.closure) if scope.closure else 0)
        final = self._take(name, key)
        if key not in self._blocks:
            self._blocks[key] = block = _Block(scope.file.name, (node.lineno, node.col_offset))
            self._building.append(block)
            body = self._text(node, scope.file.start(node.body), scope.file.end(node.body), scope)
            self._building.pop()
            block.text = f"def {final}({ast.unparse(node.args)}):\n{_returned(body)}"
        self._need(scope.file.name)
        return final

    def _text(self, node: ast.AST, start: int, end: int, scope: _Scope) -> str:
        """The source from ``start`` to ``end``, with every name of ``node`` as the script knows it."""
        file = scope.file
        assert file is not None
        pieces, at = [], start
        errors = set()
        for mention in sorted(mentions(node), key=lambda m: file.start(m.name)):
            text, last = self._mentioned(mention, scope)
            low, high, before = file.start(mention.name), file.end(last), ast.unparse(last)
            if text == before or not start <= low < high <= end:
                continue
            if file.data[low:high].decode() != before:  # Python 3.11 misplaces names in f-strings
                raise Unwritable(f"{before} in {file.name} has to be called {text}; rename it, or import it by name")
            pieces += [file.data[at:low].decode(), text]
            at = high
            errors |= {before} if text == "ValueError" else set()
        copied = "".join(pieces) + file.data[at:end].decode()
        for error in errors:  # its docstring tells of them too
            copied = re.sub(rf"\b{re.escape(error)}\b", "ValueError", copied)
        return copied

    def _mentioned(self, mention: Mention, scope: _Scope) -> tuple[str, ast.expr]:
        """What to write for a name, and the last node that this replaces: ``helpers.Net`` becomes ``Net``."""
        value = scope.closure.get(mention.name.id, scope.module.get(mention.name.id))
        last: ast.expr = mention.name
        home: ModuleType | None = None
        for attribute in mention.attributes:
            if not isinstance(value, ModuleType) or is_installed(value.__name__, getattr(value, "__file__", None)):
                break
            home, value, last = value, getattr(value, attribute.attr, None), attribute
        if home is None:
            return self._named(mention.name.id, scope), last
        if isinstance(value, (type, ModuleType)) or inspect.isroutine(value):
            return self._by_value(value, ast.unparse(last)), last
        assert isinstance(last, ast.Attribute)
        return self._named(last.attr, _module_scope(home)), last

    def _need(self, file: str) -> None:
        if self._building:
            self._building[-1].needs.add(file)


def _is_definition(text: str) -> bool:
    return any(line.startswith(("def ", "class ", "async def ", "@")) for line in text.splitlines())


def _returned(body: str) -> str:
    """``return body`` as the only line of a function; of several lines, the last is a bracket at its margin."""
    first, *rest = body.splitlines()
    margin = len(rest[-1]) - len(rest[-1].lstrip()) if rest else 0
    lines = [f"    return {first}", *(" " * 4 + line[min(margin, len(line) - len(line.lstrip())) :] for line in rest)]
    try:
        compile("def f():\n" + "\n".join(lines), "<lambda>", "exec", dont_inherit=True)
    except SyntaxError:
        return "\n".join(["    return (", *(f"        {line.strip()}" for line in (first, *rest)), "    )"])
    return "\n".join(lines)


def _has_changed(statements: list[Any], value: Any) -> bool:
    """Whether a name that was given one plain value has another one by now."""
    one = statements[0]
    named = isinstance(one, ast.AnnAssign) or (isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name))
    if len(statements) > 1 or not named or one.value is None:
        return False
    try:
        return bool(ast.literal_eval(one.value) != value)
    except ValueError:
        return False


def _module_scope(module: ModuleType) -> _Scope:
    return _Scope(source_file(getattr(module, "__file__", None) or ""), vars(module))


def _scope_of(value: Any, qualified: str) -> _Scope:
    """Where the names of a class or function are looked up."""
    functions = (
        [value] if isinstance(value, FunctionType) else [f for f in vars(value).values() if isinstance(f, FunctionType)]
    )
    closure: dict[str, Any] = {}
    for function in functions:
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            if name not in ("__class__", qualified.rpartition(".")[2]):
                closure[name] = cell.cell_contents
    own = [f for f in functions if f.__module__ == value.__module__]
    if own:
        return _Scope(source_file(own[0].__code__.co_filename), own[0].__globals__, closure)
    home = sys.modules.get(value.__module__)
    return _Scope(None, {}) if home is None else _module_scope(home)
