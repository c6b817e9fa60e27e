"""Import statements, collected one by one and written in the usual order."""

from __future__ import annotations

import sys
import sysconfig
from dataclasses import dataclass
from functools import cache
from pathlib import Path

WIDTH = 120  # of a line


@dataclass(frozen=True)
class Import:
    """``import module [as name]``, or ``from module import attribute [as name]``."""

    module: str
    attribute: str | None = None
    alias: str | None = None

    @property
    def name(self) -> str:
        """The name that it binds."""
        return self.alias or self.attribute or self.module.split(".")[0]

    @property
    def meaning(self) -> str:
        """The dotted name of what it binds; ``import a`` and ``import a.b`` both bind a."""
        if self.attribute is not None:
            return f"{self.module}.{self.attribute}"
        return self.module if self.alias else self.name


def written(imports: set[Import], *, future: bool) -> str:
    """The statements: the standard library's, a blank line, all others."""
    sections = [["from __future__ import annotations"]] if future else []
    for standard in (True, False):
        chosen = {i for i in imports if (i.module.split(".")[0] in sys.stdlib_module_names) is standard}
        if chosen:
            sections.append(_section(chosen))
    return "\n\n".join("\n".join(section) for section in sections)


def _section(imports: set[Import]) -> list[str]:
    plain = [i for i in imports if i.attribute is None]
    lines = [f"import {i.module}{_alias(i)}" for i in sorted(plain, key=lambda i: (i.module, i.alias or ""))]
    for module in sorted({i.module for i in imports if i.attribute is not None}):
        of_module = sorted((i for i in imports if i.module == module and i.attribute), key=_rank)
        members = [f"{i.attribute}{_alias(i)}" for i in of_module]
        line = f"from {module} import {', '.join(members)}"
        if len(line) > WIDTH:
            line = f"from {module} import (\n" + "".join(f"    {m},\n" for m in members) + ")"
        lines.append(line)
    return lines


def _alias(one: Import) -> str:
    return f" as {one.alias}" if one.alias and one.alias != (one.attribute or one.module) else ""


def _rank(one: Import) -> tuple[int, str]:
    """Constants, then classes, then functions, as ruff and isort sort them."""
    name = one.attribute or ""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2), name


def is_installed(module: str, file: str | None) -> bool:
    """Whether any script may import a module: Python's own, or one that was installed. Luthier counts as neither."""
    top = module.split(".")[0]
    if top in ("luthier", "__main__"):
        return False
    if top in sys.stdlib_module_names or file is None:
        return True
    path = Path(file).resolve()
    return bool({"site-packages", "dist-packages"} & set(path.parts)) or any(f in path.parents for f in _folders())


@cache
def _folders() -> frozenset[Path]:
    paths = sysconfig.get_paths()
    return frozenset(Path(paths[k]).resolve() for k in ("stdlib", "platstdlib", "purelib", "platlib"))
