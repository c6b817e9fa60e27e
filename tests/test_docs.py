"""Every example in the README, the docs and examples/ runs as it stands there, and every link leads somewhere."""

import importlib.util
import multiprocessing
import os
import re
import runpy
import shlex
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
#: Starts processes in which these are imported: most of what a short example takes.
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["sklearn.ensemble", "luthier.cli.app", "luthier.tuning"])
by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and text of the page's examples, in order. Those without a language need what the reader has."""
    return re.findall(r"^```(python|sh)\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def run(words: list[str], folder: Path) -> None:
    """What ``python WORDS`` does in ``folder``, by a process that finds the heavy imports done."""
    log = folder / "printed"
    process = SERVER.Process(target=_run, args=(words, folder, log))
    process.start()
    process.join()
    assert process.exitcode == 0, f"{shlex.join(words)}\n{log.read_text()}"


def _run(words: list[str], folder: Path, log: Path) -> None:
    os.chdir(folder)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with log.open("w") as file:
        os.dup2(file.fileno(), 1), os.dup2(file.fileno(), 2)
    kind, *rest = words
    sys.argv, sys.path[:0] = ([kind, *rest[1:]] if kind in ("-c", "-m") else words), [""]
    if kind == "-c":
        exec(compile(rest[0], "<example>", "exec"), {"__name__": "__main__"})
    elif kind == "-m":
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(kind, run_name="__main__")


@by_page
def test_examples_run(page: Path, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for language, text in blocks(page):
        if language == "python":
            run(["-c", text], tmp_path)
        for line in text.splitlines() if language == "sh" else []:
            command = shlex.split(line, comments=True)
            if command and command[0] != "make":  # make is how these tests are called
                run(["-m", *command], tmp_path)


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.name)
def test_example_files_run(example: Path, tmp_path: Path) -> None:
    run([str(example)], tmp_path)


@by_page
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", page.read_text())
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_the_page_on_hyperparameters_is_what_the_code_says() -> None:
    spec = importlib.util.spec_from_file_location("make", ROOT / "docs" / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (ROOT / "docs" / "hyperparameters.md").read_text() == module.hyperparameters()
