"""Pages opened in a real browser: no error, every section, charts that answer, words that can be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rustybt.results import REPORT_SECTIONS, Result
from tests.unit.report._browser import Browser, browser, find_browser
from tests.unit.report._pages import hostile, traded

pytestmark = pytest.mark.skipif(
    find_browser() is None, reason="no Chromium on the path; `apt-get install chromium`, or name one in RUSTYBT_BROWSER"
)

CONTRAST = """
(() => {
  const parse = text => [...text.match(/[0-9.]+/g).map(Number), 1].slice(0, 4);
  const over = (top, low) => top.slice(0, 3).map((one, at) => one * top[3] + low[at] * (1 - top[3])).concat(1);
  const linear = one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4;
  const light = colour => [0.2126, 0.7152, 0.0722].reduce((sum, one, at) => sum + one * linear(colour[at] / 255), 0);
  const ground = element => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
      const colour = parse(getComputedStyle(one).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((low, top) => over(top, low), [255, 255, 255, 1]);
  };
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    const text = walk.currentNode.data.trim();
    if (!text || !element.getClientRects().length || element.closest("script, style, noscript")) continue;
    const style = getComputedStyle(element);
    const under = ground(element);
    const ink = over(parse(element.closest("svg") ? style.fill : style.color), under);
    const [a, b] = [light(ink), light(under)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.6 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) found.push([element.tagName, element.className, text.slice(0, 30), ratio]);
  }
  return found;
})()
"""


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    yield from browser()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Result:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUSTYBT_ROOT", str(tmp_path_factory.mktemp("root")))
        result = traded(benchmark="IBM")
        assert result.diagnostics is not None
        return result


@pytest.fixture(scope="module")
def page(made: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All sections, on its place; the pictures that the tests take lie beside it."""
    place = tmp_path_factory.mktemp("report") / "report.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUSTYBT_ROOT", str(tmp_path_factory.mktemp("other")))
        made.report(place, compare={"the same": made})
    return place


def drawn(opened: Browser) -> list[str]:
    """What of the charts has no picture, once each was scrolled to."""
    unseen: list[str] = opened.run(
        """(async () => {
          for (const figure of document.querySelectorAll("figure")) {
            figure.scrollIntoView();
            await new Promise(done => requestAnimationFrame(() => setTimeout(done, 30)));
          }
          return [...document.querySelectorAll("figure.chart, figure.scatter")].filter(figure => {
            const canvas = figure.querySelector("canvas");
            if (!canvas || !canvas.width) return true;
            const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            return !pixels.some(one => one);
          }).map(figure => figure.id);
        })()"""
    )
    return unseen


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("name", "width"), [("wide", 1200), ("phone", 390)])
def test_every_section_is_there_and_drawn_without_an_error(
    opened: Browser, page: Path, name: str, width: int, dark: bool
) -> None:
    seconds = opened.open(page, width=width, height=844, dark=dark)
    assert opened.run("document.documentElement.dataset.ready") == "yes"
    assert opened.run("[...document.querySelectorAll('main > section')].map(one => one.id)") == list(REPORT_SECTIONS)
    assert opened.run("document.documentElement.scrollWidth") <= width
    assert drawn(opened) == []
    assert opened.run(CONTRAST) == []
    opened.picture(page.with_name(f"{name}-{'dark' if dark else 'light'}.png"))
    assert opened.problems == []
    assert seconds < 20  # a machine under any load; the benchmark has the real bound


def test_charts_share_range_and_cursor(opened: Browser, page: Path) -> None:
    opened.open(page)
    ranges = (
        "[...document.querySelectorAll('#equity figure.chart')]"
        ".map(one => [one.own.plot.scales.x.min, one.own.plot.scales.x.max])"
    )
    opened.run("document.querySelector('#equity').scrollIntoView()")
    opened.run("new Promise(done => setTimeout(done, 100))")
    whole = opened.run(ranges)
    assert whole[0] == whole[1]
    left, top, width, height = opened.run(
        "(() => { const box = document.querySelector('#equity .u-over').getBoundingClientRect();"
        " return [box.left, box.top, box.width, box.height]; })()"
    )
    opened.mouse("mouseMoved", left + width * 0.5, top + height / 2)
    told = opened.run("[...document.querySelectorAll('#equity .readout')].map(one => one.textContent)")
    assert told[0][:10] == told[1][:10]
    assert told[0].startswith("2010-12") or told[0].startswith("2011-01")
    opened.mouse("mouseMoved", left + width * 0.25, top + height / 2)
    opened.mouse("mousePressed", left + width * 0.25, top + height / 2)
    opened.mouse("mouseMoved", left + width * 0.5, top + height / 2)
    opened.mouse("mouseReleased", left + width * 0.5, top + height / 2)
    near = opened.run(ranges)
    assert near[0] == near[1]
    assert near[0][1] - near[0][0] == pytest.approx((whole[0][1] - whole[0][0]) / 4, rel=0.05)
    fields = opened.run("[...document.querySelectorAll('.tools input')].map(one => one.value)")
    assert [value[:7] for value in fields] == ["2010-07", "2010-12"] or fields[0][:4] == "2010"
    opened.run("document.querySelector('.tools button').click()")
    assert opened.run(ranges) == whole
    assert opened.problems == []


def test_charts_answer_to_keys(opened: Browser, page: Path) -> None:
    opened.open(page)
    opened.run("document.querySelector('#equity').scrollIntoView(); document.querySelector('#equity .plot').focus()")
    opened.run("new Promise(done => setTimeout(done, 100))")
    told = "document.querySelector('#equity .readout').textContent"
    opened.press("Home")
    assert opened.run(told).startswith("2010-01-04")
    opened.press("ArrowRight")
    assert opened.run(told).startswith("2010-01-05")
    before = opened.run("document.querySelector('#equity figure').own.plot.scales.x.max")
    opened.press("+")
    assert opened.run("document.querySelector('#equity figure').own.plot.scales.x.max") < before
    opened.press("Escape")
    assert opened.run("document.querySelector('#equity figure').own.plot.scales.x.max") == before
    assert opened.run(
        "document.querySelector('#equity .plot').getAttribute('aria-describedby').split(' ').every("
        "one => document.getElementById(one))"
    )
    assert opened.problems == []


def test_log_scale_theme_sorting_and_filters(opened: Browser, page: Path) -> None:
    opened.open(page)
    opened.run("document.querySelector('#equity .over button').click()")
    assert opened.run("document.querySelector('#equity figure').own.plot.scales.y.distr") == 3
    colour = "getComputedStyle(document.body).backgroundColor"
    light = opened.run(colour)
    opened.run("document.querySelector('.theme').click()")
    assert opened.run(colour) != light
    assert opened.run("document.querySelector('.theme').textContent") == "Light theme"
    sorted_by_net = """(() => {
      const table = [...document.querySelectorAll('#trades table.wide')].at(-1);
      const place = [...table.tHead.rows[0].cells].findIndex(one => one.textContent === 'Net');
      table.tHead.rows[0].cells[place].querySelector('button').click();
      const down = [...table.tBodies[0].rows].map(row => Number(row.cells[place].dataset.key));
      table.tHead.rows[0].cells[place].querySelector('button').click();
      const up = [...table.tBodies[0].rows].map(row => Number(row.cells[place].dataset.key));
      return [down, up, table.tHead.rows[0].cells[place].getAttribute('aria-sort')];
    })()"""
    down, up, told = opened.run(sorted_by_net)
    assert down == sorted(down, reverse=True)
    assert up == sorted(up)
    assert told == "ascending"
    shown = opened.run(
        """(() => {
          const input = [...document.querySelectorAll('#trades input[type=search]')].at(-1);
          input.value = 'ibm';
          input.dispatchEvent(new Event('input'));
          const rows = [...input.nextElementSibling.querySelectorAll('tbody tr')].filter(row => !row.hidden);
          return rows.map(row => row.textContent.includes('IBM'));
        })()"""
    )
    assert shown
    assert all(shown)
    assert opened.problems == []


def test_paper_has_light_charts_and_all_sections(opened: Browser, page: Path) -> None:
    opened.open(page, dark=True)
    place = opened.paper(page.with_name("paper.pdf"))
    assert place.read_bytes().startswith(b"%PDF-")
    assert place.stat().st_size > 60_000
    # and the page is as it was
    assert opened.run("document.documentElement.dataset.theme ?? 'none'") == "none"
    assert opened.problems == []


def test_hostile_texts_run_nothing(opened: Browser, tmp_path: Path) -> None:
    result = hostile()
    place = tmp_path / "hostile.html"
    result.report(place, compare={"</script><script>window.hit=4</script>": result})
    opened.open(place)
    assert drawn(opened) == []
    opened.run(
        "document.querySelectorAll('figure.scatter .points').forEach(one => one.dispatchEvent(new PointerEvent("
        "'pointermove', {clientX: 300, clientY: 200})))"
    )
    assert opened.run("window.hit ?? 'none'") == "none"
    assert opened.problems == []


def test_a_notebooks_frame_shows_the_page(opened: Browser, made: Result, tmp_path: Path) -> None:
    place = tmp_path / "notebook.html"
    shown = made.report(sections=["equity"])._repr_html_()
    place.write_text(f"<!DOCTYPE html><meta charset=utf-8><title>notebook</title>{shown}", encoding="utf-8")
    opened.open(place)
    opened.run("new Promise(done => setTimeout(done, 500))")
    opened.picture(tmp_path / "notebook.png")
    assert opened.problems == []


def test_without_scripts_the_tables_stand(opened: Browser, page: Path) -> None:
    opened.ask("Emulation.setScriptExecutionDisabled", value=True)
    try:
        opened.open(page, wait=False)
        assert "The charts are drawn by a script" in opened.run("document.querySelector('noscript').textContent")
        assert opened.run("document.documentElement.dataset.ready ?? 'no'") == "no"
        assert opened.run("document.querySelectorAll('#months td').length") > 20
        assert opened.run("document.querySelector('.tools').hidden")
    finally:
        opened.ask("Emulation.setScriptExecutionDisabled", value=False)
