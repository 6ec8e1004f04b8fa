"""The HTML report in a real Chromium."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sample_reports import finding, hostile_report, occurrence, report

from keysieve.reporters import render

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason="no Chromium with its chromedriver is installed")

from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import Select, WebDriverWait  # noqa: E402


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def show(browser, tmp_path: Path) -> Callable[..., webdriver.Chrome]:
    def show(one) -> webdriver.Chrome:
        file = tmp_path / "report.html"
        file.write_text(render(one, "html"), encoding="utf-8")
        browser.get_log("browser")
        browser.set_window_size(1200, 900)
        browser.get(file.as_uri())
        return browser

    return show


def visible(browser) -> list[str]:
    return [card.get_attribute("id") for card in browser.find_elements(By.CSS_SELECTOR, ".finding:not([hidden])")]


def wait_for(browser, cards: list[str]) -> None:
    WebDriverWait(browser, 5, 0.05).until(lambda driver: visible(driver) == cards)


GAMMA = occurrence("gamma", author="Eve <e@x>")


def four():
    return report(
        finding(1, account_id="111111111110", occurrences=(occurrence("alpha/one.py"),)),
        finding(2, severity="high", live=False, occurrences=(occurrence("beta.py", reachable=False),)),
        finding(
            3, severity="medium", live=None, introduced=None, occurrences=(occurrence("gamma", author="Eve <e@x>"),)
        ),
        finding(4, severity="medium", occurrences=(occurrence("delta"),)),
    )


def test_script_runs_under_the_policy_and_nothing_is_refused(show) -> None:
    browser = show(four())
    assert browser.find_element(By.ID, "status").text == "4 of 4 credentials"
    assert browser.get_log("browser") == []


@pytest.mark.parametrize(
    ("words", "cards"),
    [("alpha", ["f1"]), ("BETA", ["f2"]), ("access key", ["f1", "f2", "f3", "f4"]), ("eve gamma", ["f3"]), ("zzz", [])],
)
def test_search(show, words, cards) -> None:
    browser = show(four())
    browser.find_element(By.TAG_NAME, "body").send_keys("/")
    browser.switch_to.active_element.send_keys(words)
    wait_for(browser, cards)
    assert browser.find_element(By.ID, "status").text == f"{len(cards)} of 4 credentials"


@pytest.mark.parametrize(
    ("name", "choice", "cards"),
    [
        ("account", "111111111110", ["f1"]),
        ("author", "Eve <e@x>", ["f3"]),
        ("state", "removed, still in history", ["f2"]),
        ("state", "not known", ["f3"]),
        ("reach", "by nothing", ["f2"]),
    ],
)
def test_filter(show, name, choice, cards) -> None:
    browser = show(four())
    Select(browser.find_element(By.NAME, name)).select_by_visible_text(choice)
    wait_for(browser, cards)
    browser.find_element(By.CSS_SELECTOR, "button[type=reset]").click()
    wait_for(browser, ["f1", "f2", "f3", "f4"])


def test_severity_by_keyboard(show) -> None:
    browser = show(four())
    browser.find_element(By.CSS_SELECTOR, "input[value=medium]").send_keys(Keys.SPACE)
    wait_for(browser, ["f1", "f2"])


def test_link_at_the_top_shows_a_card_that_is_filtered_out(show) -> None:
    browser = show(four())
    browser.find_element(By.CSS_SELECTOR, "input[value=critical]").click()
    wait_for(browser, ["f2", "f3", "f4"])
    browser.find_element(By.CSS_SELECTOR, "a[href='#f1']").click()
    wait_for(browser, ["f1", "f2", "f3", "f4"])


def test_hostile_report_runs_nothing_and_shows_the_text(show) -> None:
    browser = show(hostile_report())
    assert browser.title.startswith("keysieve history:")
    assert not browser.find_elements(By.CSS_SELECTOR, "img, svg[onload], main script, iframe, a[href^=javascript]")
    assert "<script>document.title='broken'</script>" in browser.find_element(By.ID, "f1").text
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_page_asks_for_nothing_but_itself(show) -> None:
    browser = show(four())
    browser.get_log("performance")
    browser.refresh()
    asked = [
        entry["message"] for entry in browser.get_log("performance") if 'Network.requestWillBeSent"' in entry["message"]
    ]
    assert len(asked) == 1


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (320, "light"), (320, "dark")])
def test_no_sideways_scrolling_and_readable_contrast(show, width, scheme) -> None:
    browser = show(hostile_report())
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 700, "deviceScaleFactor": 1, "mobile": width < 600},
    )
    feature = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", feature)
    try:
        size = "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        scrolled, client = browser.execute_script(size)
        assert scrolled <= client
        assert accessibility_violations(browser) == []
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def accessibility_violations(browser) -> list[str]:
    """What axe-core finds against WCAG 2.1 AA, contrast included."""
    import importlib.util

    spec = importlib.util.find_spec("axe_core_python")
    if spec is None or spec.origin is None:
        pytest.skip("axe-core-python is not installed")
    (script,) = Path(spec.origin).parent.rglob("axe.min.js")
    browser.execute_script(script.read_text("utf-8"))
    run = "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then((r) => done(r.violations));"
    violations = browser.execute_async_script(run)
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in violations]


def test_ten_thousand(show) -> None:
    many = report(
        *(
            finding(number, severity=("critical", "high", "medium", "low")[number // 2500], account_id=f"{number:012d}")
            for number in range(10_000)
        )
    )
    started = time.monotonic()
    browser = show(many)
    assert len(visible(browser)) == 100
    loaded = time.monotonic() - started
    started = time.monotonic()
    browser.find_element(By.ID, "search").send_keys(f"{9876:032x}")
    wait_for(browser, ["f9877"])
    searched = time.monotonic() - started
    assert loaded < 30
    assert searched < 10
    print(f"loaded in {loaded:.1f} s, searched in {searched:.1f} s")


def test_more_are_shown_on_demand_and_the_keyboard_goes_there(show) -> None:
    browser = show(report(*(finding(number) for number in range(150))))
    assert browser.find_element(By.ID, "status").text == "150 of 150 credentials, the first 100 shown"
    browser.find_element(By.ID, "more").send_keys(Keys.ENTER)
    WebDriverWait(browser, 5, 0.05).until(lambda driver: len(visible(driver)) == 150)
    assert browser.switch_to.active_element.get_attribute("id") == "h101"
    assert not browser.find_element(By.ID, "more").is_displayed()


def test_readable_without_script(browser, tmp_path) -> None:
    file = tmp_path / "report.html"
    file.write_text(render(four(), "html"), encoding="utf-8")
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(file.as_uri())
        assert browser.find_element(By.ID, "f4").is_displayed()
        assert not browser.find_element(By.ID, "filters").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
