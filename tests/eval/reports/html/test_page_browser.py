"""The page in a real browser, by file://, as wide as a desk and as narrow as a phone."""

import json
import time

import pytest
from support.page_runs import write_battery, write_run
from support.programs import run

pytestmark = pytest.mark.slow
WIDTHS = {"desk": 1280, "phone": 390}
WIDER = """return [...document.querySelectorAll("body *")].filter(each =>
    each.checkVisibility() && !each.closest(".wide, .skip")
    && each.getBoundingClientRect().right > arguments[0] + 1
).map(each => each.outerHTML.slice(0, 120))"""
PLAY = """const done = arguments[0], film = document.querySelector("video");
film.addEventListener("timeupdate", () => film.currentTime > 0.2 && done([film.readyState,
    film.videoWidth, film.error && film.error.message]));
film.addEventListener("error", () => done([0, 0, film.error.message]));
film.play().catch(error => done([0, 0, String(error)]));"""


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> str:
    """Two seeds of two trials, so that films are few and short."""
    folder = tmp_path_factory.mktemp("runs")
    runs = [write_run(folder / f"a_long_name_{s}", s, [(1, 0), (0, 0)]) for s in range(2)]
    write_battery(runs[0])
    run(folder, "rl2_mazes.eval.report", "agents=a_long_name_*", "output_dir=report")
    return (folder / "report" / "report.html").as_uri()


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_the_page_stands_alone_and_fits(browser, page, width):
    browser.get_log("browser"), browser.get_log("performance")
    metrics = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(page)
    browser.execute_script("document.querySelectorAll('details').forEach(x => x.open = true)")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert browser.execute_script(WIDER, width) == []
    sizes = browser.execute_script(
        "return [...document.images].map(each => each.complete && each.naturalWidth)"
    )
    assert len(sizes) == 2 * 3 * 2  # runs, ranks, episodes
    assert all(size > 0 for size in sizes)
    ready, film_width, error = browser.execute_async_script(PLAY)
    assert (error, ready >= 2, film_width > 600) == (None, True, True)
    time.sleep(0.2)  # for what may still be asked for
    assert browser.get_log("browser") == []
    assert [url for url in requests(browser) if not url.startswith(("file:", "data:"))] == []


PRINTED = """return [...document.querySelectorAll(".wide")].filter(each =>
    each.scrollWidth > each.clientWidth + 1 || getComputedStyle(each).overflowX !== "visible"
).map(each => each.getAttribute("aria-label"))"""
KEPT_WHOLE = """return [...document.querySelectorAll(".trial, .chart, tr")].filter(each =>
    getComputedStyle(each).breakInside !== "avoid").length"""


def test_on_paper_tables_are_whole_and_cards_are_not_split(browser, page):
    """A4 with its margins is 687 px wide."""
    metrics = {"width": 687, "height": 971, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": dark})
    try:
        browser.get(page)
        browser.execute_script("document.querySelectorAll('details').forEach(x => x.open = true)")
        assert browser.execute_script(PRINTED) == []
        assert browser.execute_script(KEPT_WHOLE) == 0
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 687
        paper = "return getComputedStyle(document.body).backgroundColor"
        assert browser.execute_script(paper) == "rgb(255, 255, 255)", "also of a dark desk"
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})


def requests(browser) -> list[str]:
    """Requests since the last call."""
    messages = [json.loads(each["message"])["message"] for each in browser.get_log("performance")]
    asked = [m for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert asked
    return [each["params"]["request"]["url"] for each in asked]


def test_pictures_and_films_say_what_they_show(browser, page):
    browser.get(page)
    missing = browser.execute_script(
        """return document.querySelectorAll(`img:not([alt]), video:not([aria-label]),
        figure.chart:not([aria-label]), th:not([scope])`).length"""
    )
    assert missing == 0
    ids = browser.execute_script("return [...document.querySelectorAll('[id]')].map(x => x.id)")
    assert len(ids) == len(set(ids))
    links = browser.execute_script(
        """return [...document.querySelectorAll("a[href^='#']")].filter(
        each => !document.getElementById(each.hash.slice(1))).map(each => each.hash)"""
    )
    assert links == []
    levels = browser.execute_script(
        "return [...document.querySelectorAll('h1,h2,h3,h4')].map(x => +x.tagName[1])"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
