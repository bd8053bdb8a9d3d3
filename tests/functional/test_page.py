"""Pages as a reader opens them: in a browser, from a file, with the network off."""

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from cnninspect import draw_model, inspect_model
from cnninspect.compare.comparison import compare_reports
from cnninspect.formats import Format, Terminal, compare, summary
from cnninspect.formats.html.templates import file_text
from cnninspect.formats.leaf_calls import Listing
from cnninspect.formats.presentation import Presentation, written
from cnninspect.report import Report
from tests.unit.formats.hostile import presentations

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM: Final = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")

OPTIONS: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
#: Calls of layers in ResNet-50: the network, conv1, bn1, relu, maxpool, 4 stages, avgpool and fc; in each of its
#: 3 + 4 + 6 + 3 blocks the block, 3 Conv2d, 3 BatchNorm2d and 3 calls of a ReLU; at the head of a stage a downsample
#: with its Conv2d and BatchNorm2d (He et al., "Deep Residual Learning", 2015, table 1, and torchvision's names).
CALLS: Final = 11 + 16 * 10 + 4 * 3
HOSTILE: Final = "</script></style><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}'\"javascript:alert(3)"
Opener = Callable[..., "Page"]


@cache
def resnet50() -> Report:
    return inspect_model("torchvision:resnet50", device="meta")


@cache
def drawn_resnet50() -> Report:
    return draw_model("torchvision:resnet50", device="meta").report


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield started
        started.close()


@pytest.fixture
def opened(browser: "Browser", tmp_path: Path) -> Iterator[Opener]:
    """Opens what a command shows; at the end nothing was complained of, and nothing was asked for but the file."""
    said: list[str] = []
    asked: list[str] = []
    contexts: list[BrowserContext] = []

    def open_it(shown: Presentation | Report, width: int = 1280, **options: Any) -> "Page":
        shown = summary.presentation(shown) if isinstance(shown, Report) else shown
        file = tmp_path / f"{len(contexts)}.html"
        file.write_text(written(shown, Format.html, Terminal()), encoding="utf-8")
        context = browser.new_context(offline=True, viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert said == []
    assert [url for url in asked if not url.startswith(tmp_path.as_uri())] == []


def rows(page: "Page") -> list[str]:
    """The names in the rows that are seen, as they are seen."""
    return [name for name in page.locator(".outline li .name:visible").all_inner_texts() if name]


def row(page: "Page", name: str) -> Any:
    return page.locator(".outline li > details > summary:visible").filter(has_text=name)


def tell(page: "Page") -> str:
    return page.locator(".outline output").inner_text()


@pytest.mark.parametrize("is_scripted", [True, False])
def test_rows_open_and_close_with_and_without_a_script(opened: Opener, is_scripted: bool) -> None:
    page = opened(resnet50(), java_script_enabled=is_scripted)
    first = rows(page)
    assert first[:4] == ["ResNet", "conv1: Conv2d", "bn1: BatchNorm2d", "relu: ReLU"]
    assert [name for name in first if "×" in name] == [
        f"1 … {last}: {last} × Bottleneck" for last in (2, 3, 5, 2)
    ]  # of 3, 4, 6 and 3 blocks the first of each stage is of another shape
    row(page, "5 × Bottleneck").click()
    shown = rows(page)
    after = shown.index("1 … 5: 5 × Bottleneck") + 1
    assert shown[after : after + 6] == [*(f"{number}: Bottleneck" for number in range(1, 6)), "layer4: Sequential"]
    row(page, "3: Bottleneck").click()
    assert "conv2: Conv2d" in rows(page)
    row(page, "5 × Bottleneck").click()
    assert rows(page) == first
    assert page.locator(".tools").is_visible() is is_scripted


def test_formulas_are_told_on_demand(opened: Opener) -> None:
    page = opened(resnet50())
    told = page.locator(".outline dl:visible")
    assert told.count() == 0
    row(page, "conv1: Conv2d").click()
    text = " ".join(told.inner_text().split())
    assert "parameters 64·3·7·7 = 9,408" in text
    assert "output height ⌊(224 + 2·3 − 1·(7 − 1) − 1)/2⌋ + 1 = 112" in text
    assert "MACs 1·64·112·112·3·7·7 = 118,013,952" in text


def test_search_finds_paths_and_types_wherever_they_are_folded(opened: Opener) -> None:
    page = opened(resnet50())
    first = rows(page)
    page.keyboard.press("/")
    page.keyboard.type("layer3 .conv2")
    assert tell(page) == f"6 of {CALLS}"
    found = rows(page)
    assert [name for name in found if name.startswith("conv2")] == ["conv2: Conv2d"] * 6
    assert "conv1: Conv2d" not in found
    page.get_by_label("Search").fill("CONV2D")
    assert tell(page) == f"53 of {CALLS}"  # 1 + 3 · 16 + 4
    page.get_by_label("Search").fill("nothing like it")
    assert (tell(page), rows(page)) == (f"0 of {CALLS}", [])
    page.keyboard.press("Escape")
    assert (tell(page), rows(page)) == ("", first)


def test_columns_sort_the_leaf_calls(opened: Opener) -> None:
    page = opened(resnet50())
    first = rows(page)
    by_params = page.get_by_role("button", name="Sort by Params", exact=True)
    by_params.click()
    listed = rows(page)
    # the network, 16 blocks, 4 stages and 4 downsamples are no leaves
    assert len(listed) == CALLS - 1 - 16 - 4 - 4
    assert listed[:4] == [
        "layer4.0.conv2: Conv2d", "layer4.1.conv2: Conv2d", "layer4.2.conv2: Conv2d",  # 512 · 512 · 3 · 3
        "layer4.0.downsample.0: Conv2d",  # 1024 · 2048, above the 2,049,000 of fc
    ]  # fmt: skip
    assert listed[4] == "fc: Linear"
    assert by_params.get_attribute("aria-pressed") == "true"
    by_params.click()
    assert rows(page)[-1] == "layer4.2.conv2: Conv2d"
    page.get_by_label("Search").fill("layer1")
    assert {name.partition(".")[0] for name in rows(page)} == {"layer1"}
    page.get_by_label("Search").fill("")
    page.get_by_role("button", name="Sort by MACs", exact=True).click()
    assert rows(page)[0] == "conv1: Conv2d"  # 118,013,952, above the 115,605,504 of every 3×3
    page.get_by_role("button", name="As they run").click()
    assert rows(page) == first


def test_what_a_call_holds_beside_its_layers_is_a_row_of_the_sorted_list(opened: Opener) -> None:
    page = opened(inspect_model("nn:MultiheadAttention(8, 2)", inputs=["4x1x8"] * 3, device="meta"))
    assert rows(page) == ["MultiheadAttention", "out_proj: NonDynamicallyQuantizableLinear (never called)"]
    page.get_by_role("button", name="Sort by Params", exact=True).click()
    assert rows(page)[0].startswith("MultiheadAttention")


def test_a_list_stays_a_list(opened: Opener) -> None:
    shown = summary.presentation(
        resnet50(), listing=Listing(only=("layer2.*",), sort="macs", is_descending=True, top=3)
    )
    page = opened(shown)
    # 128 · 128 · 9 · 28 · 28 in each of the 3×3, and the first of those that are alike
    assert rows(page) == [f"layer2.{number}.conv2: Conv2d" for number in range(3)]
    page.get_by_role("button", name="Sort by Params", exact=True).click()
    page.get_by_role("button", name="As they run").click()
    assert rows(page) == [f"layer2.{number}.conv2: Conv2d" for number in range(3)]


def test_what_is_alike_in_a_comparison_opens_and_is_found(opened: Opener) -> None:
    """AlexNet's classifier for a thousand classes and for ten differs in its last layer alone."""
    ten = inspect_model("torchvision:alexnet,num_classes=10", device="meta")
    page = opened(compare.presentation(compare_reports(inspect_model("torchvision:alexnet", device="meta"), ten)))
    assert rows(page) == ["20 layers", "~ Linear"]
    page.locator("summary").filter(has_text="20 layers").click()
    assert len(rows(page)) == 22
    page.get_by_label("Search").fill("classifier.4")
    assert rows(page) == ["20 layers", "Linear"]


def test_resnet50_is_a_small_file() -> None:
    assert len(written(summary.presentation(drawn_resnet50()), Format.html, Terminal()).encode()) < 300_000
    assert len(file_text("page.js").encode()) < 20_000


@pytest.mark.parametrize("is_scripted", [True, False])
def test_a_row_leads_to_its_box_and_a_box_to_its_row(opened: Opener, is_scripted: bool) -> None:
    page = opened(drawn_resnet50(), java_script_enabled=is_scripted)
    page.locator(".graph a", has_text="avgpool").click()
    target = page.locator(".outline .row:target")
    assert target.locator(".name").inner_text() == "avgpool: AdaptiveAvgPool2d"
    target.locator("a").click()
    assert (
        page.locator(".graph :target").text_content() == "avgpool, AdaptiveAvgPool2davgpool AdaptiveAvgPool2d2048×1×1"
    )
    # five equal blocks of layer3 are one box; what is in the third of them stands there, too
    row(page, "5 × Bottleneck").click()
    row(page, "3: Bottleneck").click()
    row(page, "conv2: Conv2d").last.locator("a").click()
    assert "1 … 5: 5 × Bottleneck" in (page.locator(".graph :target").text_content() or "")


@pytest.mark.parametrize("is_scripted", [True, False])
def test_the_row_that_a_box_leads_to_is_opened(opened: Opener, is_scripted: bool) -> None:
    page = opened(drawn_resnet50(), java_script_enabled=is_scripted)
    row(page, "ResNet").first.locator(".name").click()
    assert rows(page) == ["ResNet"]
    page.locator(".graph a", has_text="5 × Bottleneck").focus()
    page.keyboard.press("Enter")
    assert page.locator(".outline .row:target:visible .name").inner_text() == "1 … 5: 5 × Bottleneck"
    assert "layer4: Sequential" in rows(page)


def test_a_box_leads_to_its_row_whatever_is_searched_for_and_sorted(opened: Opener) -> None:
    page = opened(drawn_resnet50())
    page.get_by_role("button", name="Sort by Params", exact=True).click()
    page.get_by_label("Search").fill("fc")
    page.locator(".graph a text", has_text="layer2").click()
    assert page.locator(".outline .row:target:visible .name").inner_text() == "layer2: Sequential"
    assert page.get_by_label("Search").input_value() == ""


def test_the_drawing_has_the_colours_of_the_page(opened: Opener) -> None:
    box = "getComputedStyle(document.querySelector('.graph .b')).fill"
    page = opened(drawn_resnet50(), color_scheme="dark")
    assert page.evaluate(box) == "rgb(22, 27, 34)"
    page.get_by_role("button", name="Light colours").click()
    assert page.evaluate(box) == "rgb(246, 248, 250)"


def test_a_sorted_list_leads_to_its_boxes(opened: Opener) -> None:
    listing = Listing(only=("layer2.*",), sort="macs", is_descending=True, top=3)
    page = opened(summary.presentation(drawn_resnet50(), listing=listing))
    page.locator(".outline .row a").nth(1).click()
    assert "1 … 3: 3 × Bottleneck" in (page.locator(".graph :target").text_content() or "")
    assert page.locator(".graph a", has_text="avgpool").count() == 0  # its row isn't listed


def test_keys(opened: Opener) -> None:
    page = opened(resnet50())
    row(page, "ResNet").first.focus()
    focused = "document.activeElement.querySelector('.name')?.innerText"
    for key, name in [
        ("ArrowDown", "conv1: Conv2d"), ("ArrowUp", "ResNet"), ("ArrowLeft", "ResNet"),
    ]:  # fmt: skip
        page.keyboard.press(key)
        assert page.evaluate(focused) == name
    assert rows(page) == ["ResNet"]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == "conv1: Conv2d"
    page.keyboard.press("Enter")
    assert page.locator(".outline dl:visible").count() == 1
    page.keyboard.press("ArrowLeft")
    assert page.locator(".outline dl:visible").count() == 0
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(focused) == "ResNet"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "conv1: Conv2d"


def test_every_cell_says_what_it_is_where_no_column_can_be_seen(opened: Opener) -> None:
    """For a screen reader, and for a page that is copied without its style."""
    tree = opened(resnet50()).locator(".outline").aria_snapshot()
    assert "conv1: Conv2d Output 1×64×112×112 Params 9,408" in tree
    assert 'searchbox "Search"' in tree
    assert 'button "Sort by MACs share"' in tree


def test_columns_line_up_however_deep_a_row_is(opened: Opener) -> None:
    page = opened(resnet50())
    page.get_by_role("button", name="Open all").click()
    ends = page.evaluate(
        "[...document.querySelectorAll('.outline .row')].filter((row) => row.checkVisibility())"
        ".map((row) => [...row.children].slice(1).map((cell) => Math.round(cell.getBoundingClientRect().right)).join())"
    )
    assert len(ends) > CALLS
    assert len(set(ends)) == 1


def test_the_header_stays(opened: Opener) -> None:
    page = opened(resnet50())
    page.get_by_role("button", name="Open all").click()
    page.mouse.wheel(0, 2000)
    page.wait_for_function("scrollY > 1000")
    place = page.locator(".outline .head").bounding_box()
    assert place
    assert 0 <= place["y"] < 80


@pytest.mark.parametrize("width", [390, 768, 1000, 1280])
def test_nothing_is_cut_off_on_a_narrow_screen(opened: Opener, width: int) -> None:
    for shown in (summary.presentation(drawn_resnet50()), *presentations("plain").values()):
        page = opened(shown, width)
        if page.locator(".outline .head span").count() < 8:  # all 17 columns are more than a screen can hold
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_light_and_dark(opened: Opener) -> None:
    for scheme, other in (("light", "Dark"), ("dark", "Light")):
        page = opened(resnet50(), color_scheme=scheme)
        behind = "getComputedStyle(document.body).backgroundColor"
        before = page.evaluate(behind)
        page.get_by_role("button", name=f"{other} colours").click()
        after = page.evaluate(behind)
        assert {before, after} == {"rgb(255, 255, 255)", "rgb(13, 17, 23)"}
        assert (before == "rgb(255, 255, 255)") == (scheme == "light")


@pytest.mark.parametrize("name", presentations("plain"))
def test_odd_text_stays_text_on_the_page_of_every_command(opened: Opener, name: str) -> None:
    page = opened(presentations(HOSTILE)[name])
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 1
    assert page.locator("[onerror], a:not([href^='#']), iframe").count() == 0
    assert "{{7*7}}" in page.locator("h1, table, .outline, p").first.inner_text() + page.content()
    assert "49" not in page.title()


ATTEMPTS: Final = {
    "img": "const e = document.createElement('img'); e.src = 'https://example.org/x.png'; document.body.append(e);",
    "script-src-elem": "const e = document.createElement('script'); e.textContent = '1'; document.body.append(e);",
    "style-src-attr": "document.body.setAttribute('style', 'color: red');",
    "connect-src": "fetch('https://example.org').catch(() => 0);",
}


@pytest.mark.parametrize("directive", ATTEMPTS)
def test_the_page_forbids_what_it_does_not_have(browser: "Browser", tmp_path: Path, directive: str) -> None:
    file = tmp_path / "page.html"
    file.write_text(written(summary.presentation(resnet50()), Format.html, Terminal()), encoding="utf-8")
    page = browser.new_page(offline=True)
    page.goto(file.as_uri())
    refused = page.evaluate(
        "new Promise((done) => { document.addEventListener('securitypolicyviolation', (e) => done("
        f"e.effectiveDirective)); setTimeout(() => done('allowed'), 5000); {ATTEMPTS[directive]} }})"
    )
    assert refused.startswith(directive)
    page.close()


@pytest.mark.parametrize("style", ["graph", "blocks"])
def test_a_drawing_zooms_and_tells_of_what_is_clicked(opened: Opener, style: str) -> None:
    from cnninspect.formats import draw

    picture = draw_model("nn:Conv2d(3, 4, 3); ReLU(); Conv2d(4, 8, 3)", inputs=(1, 3, 8, 8), style=style)
    page = opened(draw.presentation_of(picture))
    svg = page.locator("main svg")
    width = float(svg.get_attribute("width") or 0)
    page.keyboard.press("+")
    assert float(svg.get_attribute("width") or 0) == pytest.approx(1.25 * width)
    page.get_by_role("button", name="100 %").click()
    assert float(svg.get_attribute("width") or 0) == pytest.approx(width)
    group = page.locator("main svg g:has(title)").last
    title = group.locator("title").text_content()
    group.locator("rect, path").first.click(force=True)
    assert page.locator("output").inner_text() == title
    page.locator("main svg g[tabindex]").first.focus()
    assert page.locator("output").inner_text() != title
    fill = svg.locator("text").first.evaluate("each => getComputedStyle(each).fontSize")
    assert fill == "12px"  # the picture's own style is obeyed


#: Boxes of ResNet-50: x, conv1, bn1, relu, maxpool, avgpool, flatten, fc, the output, and its 4 stages; opened, each
#: stage has its first block and, as one, the others, which are equal (He et al., table 1: 3, 4, 6 and 3 blocks).
CLOSED: Final = 9 + 4
OPENED: Final = CLOSED + 4 * 2


def drawn_page(opened: Opener, **options: Any) -> "Page":
    from cnninspect.formats import draw

    return opened(draw.presentation_of(draw_model(drawn_resnet50())), **options)


def boxes(page: "Page") -> int:
    return page.locator("main g:visible").count()


@pytest.mark.parametrize("is_scripted", [True, False])
def test_a_drawing_opens_level_by_level(opened: Opener, is_scripted: bool) -> None:
    page = drawn_page(opened, java_script_enabled=is_scripted)
    assert page.get_by_role("radio", checked=True).evaluate("each => each.parentElement.textContent") == "2 levels"
    assert boxes(page) == OPENED
    page.get_by_label("1 level", exact=True).check()
    assert boxes(page) == CLOSED
    page.keyboard.press("ArrowRight")
    assert boxes(page) == OPENED
    page.get_by_label("no block folded").check()
    assert page.locator("main g:visible text.m tspan", has_text="Bottleneck").count() == 3 + 4 + 6 + 3
    assert page.locator(".zoom").is_visible() is is_scripted


def test_a_module_opens_and_closes_by_key_and_by_mouse(opened: Opener) -> None:
    page = drawn_page(opened)
    page.get_by_label("1 level", exact=True).check()
    focused = "[document.activeElement.querySelector('title').textContent, document.activeElement.ariaExpanded]"
    (layer,) = (each for each in resnet50().layers if each.path == "layer2")
    about = f"layer2, Sequential, {layer.params:,} parameters, {layer.macs:,} MACs"
    page.get_by_role("button", name="layer2, Sequential").focus()
    assert page.evaluate(focused) == [about, "false"]
    page.keyboard.press("Enter")
    assert (boxes(page), page.evaluate(focused)) == (OPENED, [about, "true"])
    assert page.locator("output").inner_text() == f"{about}; 2 levels open: {OPENED} rows"
    page.keyboard.press("Enter")
    assert (boxes(page), page.evaluate(focused)) == (CLOSED, [about, "false"])
    page.get_by_role("button", name="layer3, Sequential").dblclick()
    assert boxes(page) == OPENED
    page.get_by_role("button", name="layer3, Sequential").locator("text").first.dblclick()
    assert boxes(page) == CLOSED


def test_what_is_closed_leads_to_what_it_is_in(opened: Opener) -> None:
    page = drawn_page(opened)
    page.locator("main g:visible", has_text="1 … 5: 5 × Bottleneck").click()
    page.get_by_label("1 level", exact=True).check()
    assert (page.locator("output").text_content() or "").startswith("layer3, Sequential")


def test_a_drawing_of_resnet50_is_a_small_page() -> None:
    from cnninspect.formats import draw

    page = written(draw.presentation_of(draw_model(drawn_resnet50())), Format.html, Terminal())
    assert len(page.encode()) < 300_000
