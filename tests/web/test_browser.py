"""The pages in a real Chromium: no error, no barrier, complete without scripts, live with them."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Final

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import expect, sync_playwright

from tests.web.test_pages import PAGES
from tests.web.world import TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import ConsoleMessage, Dialog, Error, Page, ViewportSize

    from tests.conftest import Connection
    from tests.web.conftest import Browser

# the one without windows works a fifth less
CHROMIUM: Final = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
PHONE: Final[ViewportSize] = {"width": 360, "height": 800}
DESK: Final[ViewportSize] = {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def window() -> Iterator[Page]:
    """One window for all tests here; while it is there, no other loop can run in this thread.

    To open one takes the browser longer than most tests.
    """
    expect.set_options(timeout=60_000)  # of milliseconds: other tests run beside
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser.new_page()
        browser.close()


@pytest.fixture
def tab(window: Page) -> Iterator[Tab]:
    """The window as a new one is; after what serves it, which waits until it has left."""
    made = Tab(window)
    yield made
    made.leave()


class Tab:
    """What is looked at in the window, and what its console said."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.said: list[str] = []
        self._session = page.context.new_cdp_session(page)
        page.on("console", self._hear)
        page.on("pageerror", self._fail)
        page.set_viewport_size(DESK)

    def _hear(self, message: ConsoleMessage) -> None:
        self.said.append(f"{message.type}: {message.text}")

    def _fail(self, error: Error) -> None:
        self.said.append(str(error))

    def leave(self) -> None:
        """Leave nothing for the next."""
        self.runs_scripts(True)
        self.page.goto("about:blank")
        self.page.context.clear_cookies()
        self.page.context.clear_permissions()
        self.page.remove_listener("console", self._hear)
        self.page.remove_listener("pageerror", self._fail)
        self._session.detach()

    def runs_scripts(self, on: bool) -> None:
        """Whether the pages that are loaded from now on run theirs."""
        self._session.send("Emulation.setScriptExecutionDisabled", {"value": not on})

    def open(self, url: str) -> None:
        """Go to a server, which asks who it is."""
        self.url = url
        self.goto("/admin/sign-in?next=/admin/system/health")

    def goto(self, path: str) -> None:
        self.page.goto(self.url + path)

    def sign_in(self) -> None:
        self.page.get_by_label("Your name").fill("ann")
        self.page.get_by_label("Admin token").fill(TOKEN)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/admin/system/health")

    def lines(self) -> list[str]:
        """What the page says; words with a digit pass, and buttons to copy are there for scripts alone."""
        text = self.page.locator("main").inner_text()
        lines = (re.sub(r"\S*\d\S*( (ms|s|min|h)\b)?", "0", line).strip() for line in text.splitlines())
        return [line for line in lines if line and line != "Copy"]

    def has_no_barrier(self) -> None:
        """The page that is open, on a phone, light and dark, and on a wide screen: it is styled anew."""
        path = self.page.url

        def fits(width: int) -> None:
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{path} is {wide} wide"

        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(PHONE)
        results = barriers(self.page)
        assert results.violations_count == 0, f"{path}: {results.generate_report()}"
        fits(PHONE["width"])
        # the elements are the same, their colours are not
        self.page.emulate_media(color_scheme="dark")
        assert self.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        results = barriers(self.page, runOnly=["cat.color"])
        assert results.violations_count == 0, f"{path}, dark: {results.generate_report()}"
        fits(PHONE["width"])
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(DESK)
        fits(DESK["width"])


def barriers(page: Page, **options: object) -> AxeResults:
    """What axe has to say against a page; half a megabyte is sent to each once."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    ask = "options => axe.run(options).then(({violations}) => ({violations}))"
    return AxeResults(page.evaluate(ask, {"resultTypes": ["violations"], **options}))


@pytest.mark.timeout(400)  # a whole site, looked at four times
def test_no_barrier_and_no_error_and_the_same_without_scripts(tab: Tab, url: str) -> None:
    tab.page.set_viewport_size(PHONE)
    tab.open(url)
    tab.has_no_barrier()
    tab.sign_in()
    for path in PAGES:
        tab.goto(path)
        said = tab.lines()
        tab.has_no_barrier()
        tab.runs_scripts(False)
        tab.goto(path)
        assert tab.lines() == said, path
        tab.runs_scripts(True)
    tab.goto("/admin/policies/none")
    tab.has_no_barrier()
    # a page that is not there is the only thing the console may speak of
    assert [one for one in tab.said if "404" not in one] == []


def test_a_database_that_is_gone_is_no_barrier(
    visit: Callable[..., Browser], tab: Tab, tmp_path: Path
) -> None:
    tab.page.set_viewport_size(PHONE)
    tab.open(visit(dsn=f"host={tmp_path} dbname=gone").url)
    tab.sign_in()
    expect(tab.page.get_by_role("heading", name="The database is gone")).to_be_visible()
    tab.has_no_barrier()
    assert [one for one in tab.said if "503" not in one] == []


def test_it_is_complete_without_scripts(make: Callable[..., Browser], tab: Tab, db: Connection) -> None:
    tab.runs_scripts(False)
    tab.open(make().url)
    tab.sign_in()
    page = tab.page
    page.get_by_role("link", name="Policies", exact=True).click()
    page.get_by_role("link", name="events", exact=True).first.click()
    page.get_by_role("link", name="See the plan").click()
    page.get_by_label("Why").fill("without scripts")
    page.get_by_role("button", name=re.compile(r"Delete \d+ rows")).click()
    # it loads itself again while the run is at work
    expect(page.get_by_text("It has ended: run")).to_be_visible()
    assert "without scripts" in page.content()
    page.get_by_role("link", name="Runs", exact=True).click()
    page.get_by_label("blocked").check()
    page.get_by_role("button", name="Show", exact=True).click()
    assert "state=blocked" in page.url
    page.get_by_role("checkbox", name="Choose run").first.check()
    page.get_by_role("button", name="Plan to run the chosen again").click()
    expect(page.get_by_role("heading", name=re.compile("Plan:"))).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert tab.said == []


def test_the_keyboard_is_enough(tab: Tab, url: str) -> None:
    tab.open(url)
    tab.sign_in()
    page = tab.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    seen = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        # what has the focus shows it
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        seen.add(page.evaluate("document.activeElement.tagName"))
        assert outline != "none"
    assert seen & {"A", "BUTTON"}


def test_commands_are_copied(tab: Tab, url: str) -> None:
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.open(url)
    tab.sign_in()
    tab.page.get_by_role("button", name="Copy: pydb retention plan sessions").first.click()
    copied = tab.page.evaluate("navigator.clipboard.readText()")
    assert copied == "pydb retention plan sessions"
    assert tab.said == []


def test_the_receipt_follows_its_run(make: Callable[..., Browser], tab: Tab, db: Connection) -> None:
    tab.open(make().url)
    tab.sign_in()
    page = tab.page
    db.execute("begin")
    db.execute("lock table app.event in share mode")
    tab.goto("/admin/policies/events/plan")
    page.get_by_label("Why").fill("while another reads")
    page.get_by_role("button", name=re.compile(r"Delete \d+ rows")).click()
    expect(page.get_by_text("It is at work.", exact=True)).to_be_visible()
    db.execute("commit")
    expect(page.get_by_text("It has ended: run")).to_be_visible()
    tab.has_no_barrier()
    assert tab.said == []


def test_what_it_is_given_stays_text(tab: Tab, url: str) -> None:
    tab.open(url)
    tab.sign_in()
    dialogs: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    tab.page.on("dialog", dismiss)
    for path in ("/admin/policies", "/admin/audit", "/admin/runs?subject=<script>alert(1)</script>"):
        tab.goto(path)
    assert dialogs == []
    # the policy forbids what a hole would let in
    blocked = tab.page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.hacked = 1';"
        " document.body.append(s); return window.hacked === undefined; }"
    )
    assert blocked
    tab.page.remove_listener("dialog", dismiss)


def test_the_page_follows_what_happens(make: Callable[..., Browser], tab: Tab, db: Connection) -> None:
    tab.open(make().url)
    tab.sign_in()
    page = tab.page
    tab.goto("/admin/runs?state=completed")
    before = page.locator("td[data-label=run]").count()
    db.execute("call pydb.retention_run('events')")
    db.execute("select pydb_internal.event_publish_batch()")
    expect(page.locator("td[data-label=run]")).to_have_count(before + 1)
    assert tab.said == []
