"""The pages: what they say, what they cannot be made to say, and what a wrong address gets."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

import pytest

from pydb.web import overview
from tests.web.conftest import found

if TYPE_CHECKING:
    from tests.web.conftest import Browser

PAGES: Final = (
    "/admin/system/health",
    "/admin/policies",
    "/admin/policies/events",
    "/admin/policies/events/plan",
    "/admin/runs",
    "/admin/runs/1",
    "/admin/jobs",
    "/admin/jobs/1",
    "/admin/holds",
    "/admin/telemetry",
    "/admin/audit",
    "/admin/runs/retry?run=1&run=3",
)


class Checked(HTMLParser):
    """Elements that are closed as they were opened, and what a strict policy would refuse."""

    VOID: Final = frozenset({"meta", "link", "input", "br", "hr", "img", "line", "rect"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "style" or name.startswith("on") or (value or "").startswith("javascript:"):
                self.wrong.append(f"{tag} {name}={value}")
            if name in ("href", "src", "action") and value is not None:
                self.links.append(value)
        if tag in ("script", "style") and not dict(attrs).get("src"):
            self.wrong.append(f"inline {tag}")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")


@pytest.mark.parametrize("path", PAGES)
def test_each_page_is_whole_and_small(looking: Browser, path: str) -> None:
    text = looking.get(path)
    assert len(text.encode()) < 100_000
    checked = Checked()
    checked.feed(text)
    assert (checked.wrong, checked.open) == ([], [])
    assert "Not known." not in text
    assert text.count("<h1") == 1
    # what others send with names and texts is shown as text
    assert "<script>alert" not in text
    assert "\u202e" not in text
    assert all(link.startswith(("/admin", "#")) for link in checked.links), checked.links


def test_every_link_of_every_page_leads_somewhere(looking: Browser) -> None:
    seen: set[str] = set()
    waiting = list(PAGES)
    while waiting:
        path = waiting.pop()
        if path in seen or len(seen) > 150:
            continue
        seen.add(path)
        answered = looking.client.get(path)
        assert answered.status_code == 200, (path, answered.text)
        if answered.headers["content-type"].startswith("text/html"):
            links = re.findall(r'<a [^>]*?href="([^"#]+)"', answered.text)
            waiting += [link.replace("&amp;", "&") for link in links]
    assert any("script" in path for path in seen)  # the policy with a nasty name has a page too
    assert len(seen) > 30


def test_the_page_of_health_says_it_in_one_sentence(looking: Browser) -> None:
    text = looking.get("/admin/system/health")
    sentence = found(r'<h1 class="sentence \w+">([^<]+)</h1>', text)
    assert "2 of 4 policies are overdue" in sentence
    assert "1 run went wrong in the last 24 hours" in sentence
    assert "pydb retention plan sessions" in text  # what to do next, to copy
    assert "case-7" in text
    assert "references checked completely" in text
    assert "<svg" in text
    assert text.index("What to do next") < text.index("Components") < text.index("At work now")
    document = json.loads(looking.get("/admin/system/health.json", 503))
    assert (document["status"], document["state"], document["sentence"]) == ("fail", "error", sentence)
    assert document["checks"]["holds:status"][0]["status"] == "pass"
    assert document["coverage"]["complete"] == document["coverage"]["total"]
    assert [one["state"] for one in document["failures"]] == ["blocked"]


def test_policies_with_a_problem_come_first_and_are_found(looking: Browser) -> None:
    text = looking.get("/admin/policies")
    names = re.findall(r'data-label="policy" class="name"><a[^>]*>([^<]+)</a>', text)
    assert names[:2] == ["events", "sessions"]
    assert "4 of 4 policies" in text
    assert "2 overdue" in text
    assert re.findall(
        r">(\w+)</a>\s*</td><td[^>]*data-label=\"table\"", looking.get("/admin/policies", q="sess")
    )
    paused = looking.get("/admin/policies", state="paused")
    assert "logins" in paused
    assert "sessions" not in paused
    assert "No policy fits" in looking.get("/admin/policies", q="nothing like it")


def test_one_policy(looking: Browser) -> None:
    text = looking.get("/admin/policies/events")
    for words in ("app.event", "60 days", "0 3 * * *", "What decides now", "Last runs", "Will it catch up?"):
        assert words in text
    looking.get("/admin/policies/none", 404)
    assert "Paused" in looking.get("/admin/policies/logins")


def test_runs_by_state_and_kind_together(looking: Browser) -> None:
    def ids(**query: object) -> list[int]:
        text = looking.get("/admin/runs", **query)
        return [int(one) for one in re.findall(r'data-label="run"><a href="/admin/runs/(\d+)"', text)]

    everything = ids()
    assert everything == sorted(everything, reverse=True)
    blocked = ids(state="blocked")
    assert blocked
    assert ids(state=["blocked", "failed"], kind="retention") == blocked
    assert ids(state="blocked", kind="orphans") == []
    assert set(ids(kind="retention")) | set(ids(kind=["orphans", "archive", "cascade"])) == set(everything)
    assert ids(subject="sessions") == blocked
    assert ids(since="2001-01-01", until="2001-01-02") == []
    assert ids(since="today") == everything or ids(since="yesterday") == everything
    assert "What went wrong last night" in looking.get("/admin/runs")


def test_one_run(looking: Browser) -> None:
    text = looking.get("/admin/runs/1")
    assert "Run 1: events" in text
    assert "Completed" in text
    assert "retention_run" in text  # out of the audit log
    looking.get("/admin/runs/999999", 404)


def test_a_job_as_a_tree(looking: Browser) -> None:
    text = looking.get("/admin/jobs/1")
    tree = found(r'<ul class="tree">(.*?)</section>', text)
    assert tree.index("app.customer") < tree.index("app.invoice")
    assert "waits for the approval of another" in text
    assert "/admin/jobs/1/approve" in text
    looking.get("/admin/jobs/99", 404)


WRONG: Final = (
    ("/admin/runs?state=running'%20or%20'1'='1", 400),
    ("/admin/runs?kind=retention;drop%20table%20pydb.job_run", 400),
    ("/admin/runs?since=now()", 400),
    ("/admin/runs?after=x~1", 400),
    ("/admin/runs?after=2026-01-01~9%27", 400),
    ("/admin/runs?subject=%00", 400),
    ("/admin/runs?subject=" + "x" * 300, 400),
    ("/admin/runs/1%27", 400),
    ("/admin/runs/99999999999999999999", 400),
    ("/admin/runs/-1", 400),
    ("/admin/runs/retry", 400),
    ("/admin/runs/retry?run=1)", 400),
    ("/admin/jobs?before=abc", 400),
    ("/admin/policies?start=-5", 400),
    ("/admin/policies?state=%3Cscript%3E", 400),
    ("/admin/policies/x'%3B%20drop%20schema%20pydb", 404),
    ("/admin/policies/%00", 400),
    ("/admin/receipts/../../etc/passwd", 404),
    ("/admin/receipts/00000000-0000-0000-0000-000000000000", 404),
    ("/admin/static/..%2f..%2fsettings.py", 404),
    ("/admin/static/%2e%2e/settings.py", 404),
    ("/admin/static//etc/passwd", 404),
    ("/admin/none", 404),
    ("/etc/passwd", 404),
    ("/../../etc/passwd", 404),
)


@pytest.mark.parametrize(("path", "code"), WRONG)
def test_a_wrong_address_is_refused(looking: Browser, path: str, code: int) -> None:
    answered = looking.client.get(path)
    assert answered.status_code == code, answered.text
    assert "Traceback" not in answered.text
    assert "<script>alert" not in answered.text
    assert "root:" not in answered.text


def test_a_subject_that_looks_like_sql_is_a_subject(looking: Browser) -> None:
    assert "No run fits" in looking.get("/admin/runs", subject="' or 1=1 --")
    assert "No policy fits" in looking.get("/admin/policies", q="%' or '1'='1")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "OPTIONS"])
def test_other_methods_are_refused(looking: Browser, method: str) -> None:
    for path in ("/admin/runs", "/livez", "/admin/policies/events/run"):
        answered = looking.client.request(method, path)
        assert answered.status_code == 405, (path, answered.status_code)


def test_a_get_does_nothing(looking: Browser) -> None:
    for path in (
        "/admin/policies/events/run",
        "/admin/policies/events/pause",
        "/admin/sign-out",
        "/admin/pause",
    ):
        assert looking.client.get(path).status_code in (404, 405), path


def test_heads_are_answered(looking: Browser) -> None:
    answered = looking.client.head("/livez")
    assert (answered.status_code, answered.content) == (200, b"")


def test_a_hint_is_words_and_a_line_to_type() -> None:
    assert overview.hint("pydb doctor") == ("", "pydb doctor")
    assert overview.hint("keep this running (x.service): pydb schedule run") == (
        "keep this running (x.service):",
        "pydb schedule run",
    )
    assert overview.hint("load the page again: in a second") == ("load the page again: in a second", None)
