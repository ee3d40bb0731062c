"""Plan, confirm, receipt; and who asked and why, in the audit log."""

from __future__ import annotations

import html
import re
import shlex
import time
from typing import TYPE_CHECKING, Final

import httpx
import psycopg
import pytest

from pydb.web import show
from tests.web.conftest import found
from tests.web.world import LOOK, NASTY, TOKEN

if TYPE_CHECKING:
    from tests.conftest import Connect, Connection
    from tests.web.conftest import Browser

BEARER = {"authorization": f"Bearer {TOKEN}"}


def one(db: Connection, query: str) -> object:
    """The only value of a query."""
    row = db.execute(query.encode()).fetchone()
    return None if row is None else row[0]


def notes(db: Connection) -> list[tuple[object, ...]]:
    """What was asked, about what, by whom and why."""
    return db.execute(
        "select arguments ->> 'asked', subject, arguments ->> 'who', arguments ->> 'reason', actor"
        " from pydb.audit_log where action = 'audit_note' order by id"
    ).fetchall()


def ended(browser: Browser, path: str) -> str:
    """The receipt when its runs have ended."""
    while True:
        page = browser.get(path)
        if "It has ended" in page:
            return page
        time.sleep(LOOK)


def planned(browser: Browser, path: str) -> tuple[str, str]:
    """A page with a plan, and its ticket."""
    page = browser.get(path)
    return page, found(r'name="ticket" value="([^"]+)"', page)


def test_a_run_deletes_what_its_plan_counted(browser: Browser, db: Connection) -> None:
    page, ticket = planned(browser, "/admin/policies/events/plan")
    count = int(found(r"<h1>Plan: ([\d,]+) rows</h1>", page).replace(",", ""))
    before = int(str(one(db, "select count(*) from app.event")))
    # a row that becomes due meanwhile is not in the plan, and stays
    db.execute("insert into app.event (at) values (now() - interval '60 days' + interval '1 ms')")
    answered = browser.post("/admin/policies/events/run", page, ticket=ticket, reason="the quarter is over")
    assert answered.status_code == 303
    receipt = ended(browser, answered.headers["location"])
    assert count > 0
    assert one(db, "select count(*) from app.event") == before - count + 1
    run = found(r"It has ended: run (\d+) completed\.", receipt)
    assert one(db, f"select rows_done from pydb.job_run where id = {run}") == count
    assert "the quarter is over" in receipt
    assert notes(db) == [("retention_run", "events", "ann (default)", "the quarter is over", "postgres")]
    assert "the quarter is over" in browser.get(f"/admin/runs/{run}")
    # the address of the receipt is good for whoever has a token
    browser.again().sign_in("bob").get(answered.headers["location"])


def test_a_plan_that_has_changed_is_refused(browser: Browser, db: Connection) -> None:
    page, ticket = planned(browser, "/admin/policies/events/plan")
    db.execute("insert into app.event (at) values (now() - interval '70 days')")
    before = one(db, "select count(*) from app.event")
    answered = browser.post("/admin/policies/events/run", page, ticket=ticket, reason="x")
    assert answered.status_code == 409
    assert "Nothing was done." in answered.text
    assert one(db, "select count(*) from app.event") == before
    assert notes(db) == []
    # the plan as it is now can be confirmed
    again = found(r'name="ticket" value="([^"]+)"', answered.text)
    assert browser.post("/admin/policies/events/run", page, ticket=again, reason="x").status_code == 303


def test_a_policy_that_was_changed_is_refused_though_it_counts_the_same(
    browser: Browser, db: Connection
) -> None:
    change = (
        "select pydb.retention_policy_set('some', 'app.session', 'at', '40 days', p_filter => 'id % 2 = {}')"
    )
    db.execute(change.format(0).encode())
    db.execute("update app.session set at = (select min(at) from app.session)")  # any two halves look alike
    page, ticket = planned(browser, "/admin/policies/some/plan")
    db.execute(change.format(1).encode())
    answered = browser.post("/admin/policies/some/run", page, ticket=ticket, reason="x")
    assert answered.status_code == 409
    assert notes(db) == []


def test_a_plan_starts_runs_once(browser: Browser, db: Connection) -> None:
    page, ticket = planned(browser, "/admin/policies/logins/plan")  # it is paused: nothing changes by its run
    assert browser.post("/admin/policies/logins/run", page, ticket=ticket, reason="x").status_code == 303
    answered = browser.post("/admin/policies/logins/run", page, ticket=ticket, reason="x")
    assert answered.status_code == 409
    assert "started already" in answered.text
    assert len(notes(db)) == 1


def test_a_ticket_is_for_one_plan_one_action_and_who_saw_it(browser: Browser, db: Connection) -> None:
    page, ticket = planned(browser, "/admin/policies/events/plan")
    before = one(db, "select count(*) from app.event")
    bob = browser.again().sign_in("bob")
    bobs = bob.get("/admin/policies/events/plan")
    for who, where, paper, sent in (
        (browser, "/admin/policies/logins/run", page, ticket),
        (browser, "/admin/runs/retry", page, ticket),
        (browser, "/admin/policies/events/run", page, ""),
        (browser, "/admin/policies/events/run", page, ticket[:-2]),
        (browser, "/admin/policies/events/run", page, "x" + ticket),
        (bob, "/admin/policies/events/run", bobs, ticket),
    ):
        assert who.post(where, paper, ticket=sent, reason="x").status_code == 400, (where, sent)
    for reason in ("", "  ", "x" * 1001):
        assert (
            browser.post("/admin/policies/events/run", page, ticket=ticket, reason=reason).status_code == 400
        )
    assert one(db, "select count(*) from app.event") == before


def test_what_would_not_run_says_so_before(browser: Browser, db: Connection) -> None:
    page, ticket = planned(browser, "/admin/policies/sessions/plan")
    assert "a run would not delete this: fuse" in page
    answered = browser.post("/admin/policies/sessions/run", page, ticket=ticket, reason="try")
    receipt = ended(browser, answered.headers["location"])
    assert "blocked" in receipt
    assert "the fuse tripped" in receipt


def test_pause_and_resume(browser: Browser, db: Connection) -> None:
    page = browser.get("/admin/policies/events")
    answered = browser.post("/admin/policies/events/pause", page, reason="an audit")
    assert answered.headers["location"].startswith("/admin/policies/events?said=")
    page = browser.get("/admin/policies/events")
    assert "an audit" in page
    assert one(db, "select paused_reason from pydb.retention_policy where name = 'events'") == "an audit"
    browser.post("/admin/policies/events/resume", page, reason="done")
    assert one(db, "select paused_at from pydb.retention_policy where name = 'events'") is None
    asked = [row[0] for row in notes(db)]
    assert asked == ["retention_pause", "retention_resume"]
    assert browser.post("/admin/policies/none/pause", page, reason="x").status_code == 404
    assert len(notes(db)) == 2  # a note without its effect is undone with it


def test_everything_at_once(browser: Browser, db: Connection) -> None:
    page = browser.get("/admin/system/health")
    browser.post("/admin/pause", page, reason="a fire")
    assert "The kill switch is on" in browser.get("/admin/system/health")
    assert one(db, "select value from pydb.setting where name = 'kill_switch'") == "on"
    browser.post("/admin/resume", page, reason="it is out")
    assert "The kill switch is on" not in browser.get("/admin/system/health")


def test_a_policy_with_a_nasty_name(browser: Browser, db: Connection) -> None:
    (path,) = {
        one
        for one in re.findall(r'href="(/admin/policies/[^"]+)"', browser.get("/admin/policies"))
        if "script" in one
    }
    page = browser.get(html.unescape(path))
    action = html.unescape(found(r'<form method="post" action="([^"]+/pause)"', page))
    assert browser.post(action, page, reason="x").status_code == 303
    query = "select paused_reason from pydb.retention_policy where name = %s"
    assert db.execute(query, [NASTY]).fetchone() == ("x",)


NAMES: Final = (
    "a/b", "/", "//", "a/../b", "../events", "./x", "events/plan", "events/pause", "retry", "x?y=1", "x#y",
    "100%", "%2e%2e", "%2F", "a;b:c@d", "tab\there", "line\nend\n", "\x01", " blank ", "metrics", "x.json",
    "/admin/api/", "日本", "...", "$(reboot)", "'; reboot; '",
)  # fmt: skip


def test_a_policy_of_any_name_is_reached_and_acted_on(browser: Browser, db: Connection) -> None:
    for number, name in enumerate(NAMES):
        db.execute(
            "select pydb.retention_policy_set(%s, 'app.login', 'at', '90 days', p_filter => %s)",
            [name, f"id < -{number + 1}"],
        )
    links = {}
    for start in (0, 50):
        page = browser.get("/admin/policies", start=start)
        for path, shown in re.findall(r'href="(/admin/policies/[^"]+)">([^<]*)</a>', page):
            links[html.unescape(shown)] = html.unescape(path)
    for name in NAMES:
        path = links[str(show.plain(name))]
        page = browser.get(path)
        assert f"<h1>Policy {show.plain(name)}</h1>" in html.unescape(page)
        if name.isprintable():  # whoever copies the line runs that and nothing else
            assert f"<code>pydb retention plan {shlex.quote(name)}</code>" in html.unescape(page)
        plan = browser.get(html.unescape(found(r'class="button" href="([^"]+/plan)"', page)))
        assert html.unescape(found(r'<form method="post" action="([^"]+/run)"', plan)).endswith("/run")
        action = html.unescape(found(r'<form method="post" action="([^"]+/pause)"', page))
        answered = browser.post(action, page, reason="x")
        assert answered.status_code == 303, (name, answered.text)
        assert browser.client.get(answered.headers["location"]).status_code == 200
        query = "select name from pydb.retention_policy where paused_reason = 'x'"
        assert db.execute(query).fetchall() == [(name,)]
        api = path.replace("/admin/policies/", "/admin/api/policies/")
        assert browser.client.get(api).json()["policy"]["name"] == name
        db.execute("select pydb.retention_resume(%s)", [name])
    # who is asked to sign in comes back to where he was
    stranger = browser.again()
    asked = stranger.client.get(links["a/b"]).headers["location"]
    there = stranger.client.post(
        "/admin/sign-in", data={"token": TOKEN, "next": httpx.URL(asked).params["next"]}
    ).headers["location"]
    assert there == links["a/b"]


@pytest.mark.parametrize("name", [".", ".."])
def test_a_name_that_is_the_page_above_is_refused(db: Connection, name: str) -> None:
    with pytest.raises(psycopg.Error) as caught:
        db.execute("select pydb.retention_policy_set(%s, 'app.login', 'at', '90 days')", [name])
    assert caught.value.sqlstate == "YD006"
    assert caught.value.diag.message_hint


def test_a_dry_run_leaves_its_figures(browser: Browser, db: Connection) -> None:
    page = browser.get("/admin/policies/events")
    before = one(db, "select count(*) from app.event")
    answered = browser.post("/admin/policies/events/dry-run", page)
    ended(browser, answered.headers["location"])
    assert one(db, "select count(*) from app.event") == before
    assert one(db, "select dry_run from pydb.job_run order by id desc limit 1") is True


def test_many_are_run_again_together(browser: Browser, db: Connection) -> None:
    runs = browser.get("/admin/runs")
    assert runs.count('type="checkbox" name="run"') >= 3
    page, ticket = planned(browser, "/admin/runs/retry?run=1&run=2&run=3")
    assert 'href="/admin/policies/events">' in page
    assert 'href="/admin/policies/sessions">' in page
    assert "Not from here" in page  # a dry run is none that has to be repeated
    answered = browser.post("/admin/runs/retry", page, ticket=ticket, reason="after the repair")
    receipt = ended(browser, answered.headers["location"])
    assert "completed" in receipt
    assert "blocked" in receipt
    assert sorted(str(row[1]) for row in notes(db)) == ["events", "sessions"]


def test_a_job_is_approved_by_another_and_run(browser: Browser, db: Connection, connect: Connect) -> None:
    page = browser.get("/admin/jobs/1")
    action = '<form method="post" action="/admin/jobs/1/approve".*?name="ticket" value="([^"]+)"'
    ticket = found(action, page)
    # the server's login asked for it: a second person has to approve
    refused = browser.post("/admin/jobs/1/approve", page, ticket=ticket, reason="looks right")
    assert refused.status_code == 409
    assert "YD306" in refused.text
    assert notes(db) == []
    page = browser.get("/admin/jobs/1")
    ticket = found('<form method="post" action="/admin/jobs/1/cancel".*?name="ticket" value="([^"]+)"', page)
    assert browser.post("/admin/jobs/1/cancel", page, ticket=ticket, reason="not any more").status_code == 303
    assert one(db, "select state from pydb.cascade_job where id = 1") == "cancelled"
    assert [row[:2] for row in notes(db)] == [("cascade_cancel", "job 1")]
    # what was decided is no more to be decided
    assert browser.post("/admin/jobs/1/cancel", page, ticket=ticket, reason="again").status_code == 409


def test_a_job_that_needs_no_approval_runs(browser: Browser, db: Connection) -> None:
    db.execute("select pydb.entity_drop('customer')")
    db.execute("select pydb.cascade_request('app.customer', '[{\"id\": 5}]')")
    page = browser.get("/admin/jobs/3")
    ticket = found('<form method="post" action="/admin/jobs/3/run".*?name="ticket" value="([^"]+)"', page)
    answered = browser.post("/admin/jobs/3/run", page, ticket=ticket, reason="asked for")
    assert answered.status_code == 303, answered.text
    receipt = ended(browser, answered.headers["location"])
    assert "completed" in receipt
    assert one(db, "select count(*) from app.customer where id = 5") == 0


def test_the_api_plans_runs_and_gives_a_receipt(browser: Browser, db: Connection) -> None:
    api = browser.again().client
    api.headers.update(BEARER)
    plan = api.post("/admin/api/policies/events/plan").json()
    assert plan["rows"] == plan["parts"][0]["rows"] > 0
    without = api.post("/admin/api/policies/events/run", json={"reason": "x"})
    assert without.status_code == 400
    dry = api.post("/admin/api/policies/events/run", json={"dry_run": True})
    assert (dry.status_code, type(dry.json()["run_id"])) == (202, int)
    body = {"ticket": plan["ticket"], "reason": "by the API"}
    assert api.post("/admin/api/policies/logins/run", json=body).status_code == 400
    answered = api.post("/admin/api/policies/events/run", json=body)
    assert answered.status_code == 202, answered.text
    while (receipt := api.get(answered.json()["receipt"]).json())["state"] != "ended":
        time.sleep(LOOK)
    (run,) = receipt["runs"]
    assert (run["id"], run["rows_done"], run["state"]) == (
        answered.json()["run_id"],
        plan["rows"],
        "completed",
    )
    assert receipt["notes"][0]["arguments"]["who"] == "default (default)"
    assert (
        api.post("/admin/api/policies/events/pause", json={"reason": "r"})
        .json()["said"]
        .startswith("policy events")
    )
    assert api.get("/admin/api/policies/events").json()["policy"]["paused_reason"] == "r"
    assert [row["policy"] for row in api.get("/admin/api/policies?state=paused").json()["policies"]]
    assert api.post("/admin/api/policies/none/plan").status_code == 404
    jobs = api.post("/admin/api/jobs/1/plan", json={"action": "cancel"}).json()
    cancelled = api.post("/admin/api/jobs/1/cancel", json={"ticket": jobs["ticket"], "reason": "r"})
    assert cancelled.json() == {"said": "job 1 is cancelled"}
    retry = api.post("/admin/api/runs/retry/plan", json={"runs": [3]}).json()
    assert [part["subject"] for part in retry["parts"]] == ["sessions"]
    again = api.post("/admin/api/runs/retry", json={"ticket": retry["ticket"], "reason": "r"})
    assert again.status_code == 202


@pytest.mark.parametrize("part", ["p_asked", "p_subject", "p_who"])
def test_a_note_says_what_who_and_about_what(db: Connection, part: str) -> None:
    import psycopg

    for value in ("", "  ", None, "x" * 2001):
        arguments = {"p_asked": "a", "p_subject": "b", "p_who": "c", part: value}
        with pytest.raises(psycopg.Error) as caught:
            db.execute(
                "select pydb.audit_note("
                "p_asked => %(p_asked)s, p_subject => %(p_subject)s, p_who => %(p_who)s)",
                arguments,
            )
        assert caught.value.sqlstate == "YD001"


def test_a_note_is_a_note_whatever_it_says(db: Connection, connect: Connect) -> None:
    db.execute("select pydb.audit_note('retention_policy_set', 'events', 'root', p_reason => 'forged')")
    rows = db.execute(
        "select action, actor, arguments from pydb.audit_log order by id desc limit 1"
    ).fetchall()
    expected = {"asked": "retention_policy_set", "who": "root", "reason": "forged"}
    assert rows == [("audit_note", "postgres", expected)]
