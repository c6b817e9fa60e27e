"""The page in a real browser: drawn, silent, offline, sorted and filtered; live, it follows its study."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from report.page.chromium import PATH, Page

from luthier.records import Finding
from luthier.report.history import History
from luthier.report.live import LiveServer
from luthier.report.page import Source, render, write_page

pytestmark = pytest.mark.skipif(PATH is None, reason="there is no chromium on this machine")

FINDINGS = [Finding("edge", "The best lr lies at the edge.", {"lr": 0.5}, 0.9, "Widen the range.")]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with Page(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture
def report(searched: History, tmp_path: Path) -> str:
    """The address of a written page."""
    write_page(tmp_path / "report.html", searched, Source("studies/digits"), FINDINGS)
    return (tmp_path / "report.html").as_uri()


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("dark", [False, True])
def test_every_plot_is_drawn_in_silence_and_offline(browser: Page, report: str, width: int, dark: bool) -> None:
    browser.open(report, width=width, dark=dark)
    assert browser.problems == []
    assert [url for url in browser.requests if url != report and not url.startswith("data:image/")] == []
    plots = browser.run("[...document.querySelectorAll('.plot')].map(p => [p.id, !!p.querySelector('.main-svg')])")
    assert len(plots) >= 8
    assert all(drawn for _, drawn in plots), plots
    wide = browser.run(
        "[...document.querySelectorAll('.plot .main-svg')].filter(s => s.clientWidth > innerWidth).length"
    )
    assert wide == 0
    assert browser.run("document.documentElement.scrollWidth") <= width, "the page must not scroll sideways"
    empty = "[...document.querySelectorAll('.plot')].filter(p => !p.querySelector('.trace, .points, .hm, .point'))"
    assert browser.run(f"{empty}.map(p => p.id)") == []
    assert browser.run("getComputedStyle(document.body).backgroundColor") == (
        "rgb(18, 21, 27)" if dark else "rgb(247, 247, 245)"
    )


def column(browser: Page, number: int) -> list[str]:
    rows = "[...document.querySelectorAll('#trainings tbody tr')].filter(r => !r.hidden)"
    found: list[str] = browser.run(f"{rows}.map(r => r.cells[{number}].textContent)")
    return found


def test_the_table_sorts_and_filters(browser: Page, report: str) -> None:
    browser.open(report, width=1440)
    heads = browser.run("[...document.querySelectorAll('#trainings th')].map(h => h.dataset.name)")
    lr, optimizer, state, metric = (heads.index(n) for n in ("lr", "optimizer", "state", "metric"))
    everything = column(browser, lr)
    click = f"document.querySelectorAll('#trainings th button')[{lr}].click()"
    browser.run(click)
    assert [float(v) for v in column(browser, lr)] == sorted(map(float, everything))
    browser.run(click)
    assert [float(v) for v in column(browser, lr)] == sorted(map(float, everything), reverse=True)
    browser.run(f"document.querySelectorAll('#trainings th button')[{metric}].click()")
    scores = column(browser, metric)
    numbers = [float(v) for v in scores if v != "–"]
    assert numbers == sorted(numbers)
    assert scores[: len(numbers)] == [v for v in scores if v != "–"], "what has no score comes last"

    def filtered(text: str) -> list[str]:
        field = "document.getElementById('filter')"
        browser.run(f"{field}.value = {text!r}; {field}.dispatchEvent(new Event('input'))")
        return column(browser, lr)

    assert 0 < len(filtered("lr<0.01")) < len(everything)
    assert all(float(v) < 0.01 for v in column(browser, lr))
    assert filtered("lr < 0.01, adamw")
    assert set(column(browser, optimizer)) == {"AdamW"}
    assert filtered("state=diverged")
    assert set(column(browser, state)) == {"diverged"}
    assert filtered("nowhere") == []
    assert browser.run("document.getElementById('shown').textContent") == f"0 of {len(everything)} shown"
    assert len(filtered("")) == len(everything)
    assert browser.problems == []


def test_it_prints_on_paper_and_is_as_before_afterwards(browser: Page, report: str) -> None:
    browser.open(report, width=1440, dark=True)
    width = "document.querySelector('#plot-curves .main-svg').clientWidth"
    before = browser.run(width)
    assert browser.pdf().startswith(b"%PDF")
    browser.wait(f"{width} === {before}")
    assert browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(18, 21, 27)"
    assert browser.problems == []


def test_a_live_page_shows_what_is_new_and_keeps_the_filter(browser: Page, searched: History) -> None:
    state = ["first"]

    def page(now: str) -> str:
        return render(searched, Source(f"studies/{now}", live=now), FINDINGS)

    server = LiveServer(page, lambda: state[0])
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        browser.open(server.address, width=1440)
        assert "studies/first" in browser.run("document.body.textContent")
        browser.run("window.here = true; document.getElementById('filter').value = 'adamw'")
        lr = "document.querySelector('#trainings th[data-name=lr]')"
        browser.run(f"{lr}.firstChild.click(); document.querySelector('details').open = true; scrollTo(0, 700)")
        state[0] = "second"
        browser.wait("document.body?.dataset.live === 'second' && document.documentElement.dataset.drawn === 'true'")
        assert browser.run("document.getElementById('filter').value") == "adamw"
        assert browser.run("window.here"), "the page takes in what is new; it is not loaded again"
        assert browser.run(f"{lr}.getAttribute('aria-sort')") == "ascending"
        assert browser.run("document.querySelector('details').open")
        assert abs(browser.run("scrollY") - 700) < 5
        assert "studies/second" in browser.run("document.body.textContent")
        assert browser.problems == []
        assert {url.split("?")[0] for url in browser.requests if not url.startswith("data:image/")} <= {
            server.address,
            f"{server.address}fingerprint",
        }
    finally:
        server.stop()
        thread.join()
        server.close()
