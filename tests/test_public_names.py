import inspect
import os
import subprocess
import sys

import pytest

import luthier

NAMES = sorted(set(luthier.__all__) - {"__version__"})


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_there_and_explained(name: str) -> None:
    member = getattr(luthier, name)
    assert inspect.isclass(member) or inspect.isfunction(member), "modules and values are no public names"
    assert inspect.getdoc(member)


def test_no_name_is_public_twice_or_by_accident() -> None:
    assert len(set(luthier.__all__)) == len(luthier.__all__)
    assert set(dir(luthier)) == set(luthier.__all__)
    with pytest.raises(AttributeError, match="no attribute 'tuen'"):
        _ = luthier.tuen


def test_type_checkers_see_the_same_names() -> None:
    """The names that are loaded when first used stand in the file a second time, for type checkers."""
    source = inspect.getsource(luthier)
    assert {line.split()[-1] for line in source.splitlines() if line.startswith("    from luthier.")} == set(NAMES)


#: In a process each, forked where what the package imports is there.
FIRST = """
import os, torch, optuna, scipy.optimize
for first in ("luthier", "luthier.tuning", "luthier.cli", "luthier.task", "luthier.report"):
    if os.fork() == 0:
        __import__(first)
        import luthier
        print(first, [n for n in luthier.__all__ if type(getattr(luthier, n)) is type(luthier)], flush=True)
        os._exit(0)
    os.wait()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no process can be forked here")
def test_names_stay_what_they_are_whatever_was_imported_first() -> None:
    said = _python(FIRST).splitlines()
    assert [line.split(maxsplit=1)[1] for line in said] == ["[]"] * 5, said


def test_the_import_is_light_and_heavy_parts_come_when_used() -> None:
    heavy = "{'sklearn', 'plotly', 'sqlalchemy', 'ray', 'lightning', 'transformers', 'mlflow', 'rich', 'typer'}"
    assert (
        _python(f"import sys, luthier; print({heavy} & set(sys.modules) | {{'torch', 'optuna'}} & set(sys.modules))")
        == "set()"
    )
    assert _python(f"import sys; from luthier import *; print({heavy} & set(sys.modules))") == "set()"


def _python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.strip()
