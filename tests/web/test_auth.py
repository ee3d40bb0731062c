"""Who may look and who may act: tokens, sessions, forms."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from pydb.errors import UsageError
from pydb.web import auth
from pydb.web.security import SlidingWindow
from tests.web.conftest import DEADLINE, found
from tests.web.world import TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.web.conftest import Browser

OTHER = "another-token-of-the-tests-98765"
PAGES = ("/admin/system/health", "/admin/policies", "/admin/runs?state=failed", "/admin/audit")


def write(path: Path, text: str) -> Path:
    """Write a file of tokens as one replaces it: whole."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.chmod(0o600)
    new.replace(path)
    return path


def test_nobody_gets_in_without_a_token(looking: Browser) -> None:
    stranger = looking.again()
    for path in PAGES:
        answered = stranger.client.get(path)
        assert answered.status_code == 303
        assert answered.headers["location"].startswith("/admin/sign-in?next=%2Fadmin")
    for path in ("/admin/api/policies", "/admin/system/health.json"):
        answered = stranger.client.get(path)
        assert (answered.status_code, answered.headers["www-authenticate"]) == (401, 'Bearer realm="pydb"')
    assert stranger.client.post("/admin/pause", data={"reason": "x"}).status_code == 401
    assert stranger.client.get("/livez").json() == {"status": "pass"}
    assert stranger.client.get("/healthz").json() == {"status": "pass"}


def test_a_session_after_the_token(visit: Callable[..., Browser]) -> None:
    browser = visit()
    wrong = browser.client.post("/admin/sign-in", data={"token": TOKEN[:-1] + "x"})
    assert (wrong.status_code, wrong.headers.get("set-cookie")) == (401, None)
    assert "not good" in wrong.text
    good = browser.client.post(
        "/admin/sign-in", data={"token": TOKEN, "who": "ann", "next": "/admin/runs?state=failed"}
    )
    assert (good.status_code, good.headers["location"]) == (303, "/admin/runs?state=failed")
    cookie = good.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=strict", "path=/", "max-age=43200"))
    assert TOKEN not in cookie
    page = browser.get("/admin/runs")
    assert "ann" in page
    out = browser.post("/admin/sign-out", page)
    assert out.status_code == 303
    assert browser.client.get("/admin/runs").status_code == 303


@pytest.mark.parametrize("there", ["//evil.example", "https://evil.example", "/admin/\\evil", "/other", ""])
def test_a_sign_in_goes_on_to_these_pages_only(visit: Callable[..., Browser], there: str) -> None:
    answered = visit().client.post("/admin/sign-in", data={"token": TOKEN, "next": there})
    assert answered.headers["location"] == "/admin/system/health"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer wrong",
        f"Basic {TOKEN}",
        TOKEN,
        f"Bearer {TOKEN}x",
        "Bearer " + "x" * 600,
        "Bearer \xff",
    ],
)
def test_a_wrong_header_is_refused(visit: Callable[..., Browser], header: str) -> None:
    browser = visit()
    answered = browser.client.get("/admin/api/runs", headers={b"authorization": header.encode("latin-1")})
    assert answered.status_code == 401


def test_a_forged_or_old_cookie_is_refused() -> None:
    tokens, sessions = auth.Tokens(TOKEN, None), auth.Sessions(60)
    token = auth.token_of(TOKEN)
    good = sessions.open(token, "ann")
    who = auth.visitor(tokens, None, good, sessions)
    assert who is not None
    assert who.who == "ann"
    body, _, signature = good.partition(".")
    other = sessions.open(auth.token_of(OTHER), "ann")
    for cookie in (good[:-1], f"{body}x.{signature}", body, ".", "~", "", other, good + "é"):
        assert auth.visitor(tokens, None, cookie, sessions) is None, cookie
    for age in (-120_000, 1_000, 61_000):  # of a clock ahead, of the process before this one, too old
        content = {"t": token.name, "w": "ann", "i": time.time_ns() // 1_000_000 - age, "n": "n"}
        late = f"{token.name}~{auth.seal(token.key, 'session', content)}"
        assert auth.visitor(tokens, None, late, sessions) is None
    # what was sealed for another purpose is no session
    content = {"t": token.name, "w": "ann", "i": time.time_ns() // 1_000_000, "n": "n"}
    assert (
        auth.visitor(tokens, None, f"{token.name}~{auth.seal(token.key, 'plan', content)}", sessions) is None
    )


def test_signing_out_ends_every_copy_of_the_cookie(visit: Callable[..., Browser]) -> None:
    browser = visit().sign_in()
    page = browser.get("/admin/runs")
    thief, other = browser.again(), browser.again().sign_in("bob")
    thief.client.cookies.update(browser.client.cookies)
    thief.get("/admin/runs")
    assert browser.post("/admin/sign-out", page).status_code == 303
    assert thief.client.get("/admin/runs").headers["location"].startswith("/admin/sign-in")
    assert thief.post("/admin/pause", page, reason="x").status_code == 401
    other.get("/admin/runs")
    browser.sign_in().get("/admin/runs")  # who signed out may come again


def test_sessions_that_were_signed_out_are_remembered_within_bounds() -> None:
    tokens, sessions = auth.Tokens(TOKEN, None), auth.Sessions(60, most=3)
    cookies = [sessions.open(auth.token_of(TOKEN), f"ann {i}") for i in range(6)]
    for cookie in cookies:
        who = auth.visitor(tokens, None, cookie, sessions)
        if who is not None:  # else it went with one that was forgotten
            sessions.end(who)
    # too many are forgotten with all that began before them, so none of them is good again
    assert [auth.visitor(tokens, None, cookie, sessions) for cookie in cookies] == [None] * 6
    assert auth.visitor(tokens, None, sessions.open(auth.token_of(TOKEN), "ann"), sessions) is not None


def test_a_form_belongs_to_its_session(browser: Browser) -> None:
    page = browser.get("/admin/policies/events")
    bob = browser.again().sign_in("bob")
    key = browser.form_key(page)
    assert bob.post("/admin/policies/events/pause", form_key=key, reason="x").status_code == 400
    assert browser.post("/admin/policies/events/pause", reason="x").status_code == 400
    elsewhere = browser.client.post(
        "/admin/policies/events/pause",
        data={"form_key": key, "reason": "x"},
        headers={"sec-fetch-site": "cross-site"},
    )
    assert elsewhere.status_code == 400
    assert browser.post("/admin/policies/events/pause", page, reason="x").status_code == 303


def test_a_link_from_elsewhere_asks_once_more_from_here(looking: Browser) -> None:
    answered = looking.again().client.get(
        "/admin/runs?kind=cascade", headers={"sec-fetch-site": "cross-site"}
    )
    assert (answered.status_code, answered.headers.get("location")) == (200, None)
    assert 'content="0;url=/admin/runs?kind=cascade"' in answered.text


def test_tokens_change_while_the_server_runs(visit: Callable[..., Browser], tmp_path: Path) -> None:
    path = write(tmp_path / "tokens", f"# of this week\n{TOKEN}\n")
    browser = visit(token_file=path).sign_in()
    header = {"authorization": f"Bearer {OTHER}"}
    assert browser.client.get("/admin/api/jobs", headers=header).status_code == 401
    write(path, f"{TOKEN}\n{OTHER} night\n")
    assert browser.client.get("/admin/api/jobs", headers=header).status_code == 200
    browser.get("/admin/runs")
    write(path, f"{OTHER} night\n")
    assert browser.client.get("/admin/runs").status_code == 303  # its session ends with its token
    assert browser.client.get("/admin/api/jobs", headers=header).status_code == 200
    # a file that cannot be used lets nobody in, rather than by what it said before
    path.chmod(0o644)
    answered = browser.client.get("/admin/api/jobs", headers=header)
    assert answered.status_code == 503
    assert browser.client.get("/livez").status_code == 200
    path.unlink()
    assert browser.client.get("/admin/api/jobs", headers=header).status_code == 503
    write(path, f"{OTHER}\n")
    assert browser.client.get("/admin/api/jobs", headers=header).status_code == 200


def test_where_to_go_on_to_may_be_in_any_script(looking: Browser) -> None:
    answered = looking.again().client.post(
        "/admin/sign-in", data={"token": TOKEN, "next": "/admin/runs?subject=日本&kind=cascade"}
    )
    assert answered.headers["location"] == "/admin/runs?subject=%E6%97%A5%E6%9C%AC&kind=cascade"


def test_a_stream_ends_with_its_token_and_its_session(visit: Callable[..., Browser], tmp_path: Path) -> None:
    path = write(tmp_path / "tokens", f"{TOKEN}\n{OTHER}\n")
    browser = visit(token_file=path, session=2.0)
    stream = f"{browser.url}/admin/events/stream"
    header = {"authorization": f"Bearer {OTHER}"}
    with httpx.stream("GET", stream, headers=header, timeout=DEADLINE) as answered:
        lines = answered.iter_lines()
        assert next(line for line in lines if line == ": heartbeat")
        write(path, f"{TOKEN}\n")
        assert ": no longer allowed" in list(lines)
    with browser.sign_in().client.stream("GET", "/admin/events/stream") as answered:
        assert ": no longer allowed" in list(answered.iter_lines())


@pytest.mark.parametrize("text", ["", "# none\n", "short\n", f"{TOKEN} work space read\n", f"{TOKEN} a/b\n"])
def test_a_file_of_tokens_that_cannot_be_used(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "tokens", text)
    with pytest.raises(UsageError) as caught:
        auth.Tokens(None, path)
    assert TOKEN not in str(caught.value)


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "tokens", f"{TOKEN}\n")
    os.chmod(path, 0o640)  # noqa: PTH101
    with pytest.raises(UsageError, match="0640"):
        auth.Tokens(None, path)


def test_a_token_that_may_only_read(visit: Callable[..., Browser], tmp_path: Path) -> None:
    path = write(tmp_path / "tokens", f"{TOKEN} ops\n{OTHER} view read\n")
    reader = visit(token_file=path).sign_in(token=OTHER)
    page = reader.get("/admin/policies/events")
    assert "may only read" in page
    assert "/pause" not in page
    assert reader.post("/admin/policies/events/pause", page, reason="x").status_code == 403
    header = {"authorization": f"Bearer {OTHER}"}
    for verb in ("run", "pause", "resume"):
        body = {"dry_run": True, "reason": "x"}
        answered = reader.client.post(f"/admin/api/policies/events/{verb}", json=body, headers=header)
        assert answered.status_code == 403, answered.text


def test_read_only_mode(visit: Callable[..., Browser]) -> None:
    browser = visit(read_only=True).sign_in()
    page = browser.get("/admin/policies/events/plan")
    assert "read-only" in page
    assert 'name="ticket"' not in page
    assert browser.post("/admin/pause", page, reason="x").status_code == 403
    assert "Stop all deleting" not in browser.get("/admin/system/health")


def test_attempts_are_counted(visit: Callable[..., Browser]) -> None:
    browser = visit()
    codes = [
        browser.client.post("/admin/sign-in", data={"token": f"wrong {i}"}).status_code for i in range(12)
    ]
    assert codes == [401] * 10 + [429] * 2
    # the right one has to wait too, else guessing would go on
    refused = browser.client.post("/admin/sign-in", data={"token": TOKEN})
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60


def test_the_window_slides() -> None:
    window = SlidingWindow(3, 10)
    assert [window.wait("a", at) for at in (0.0, 4.0, 8.0)] == [0, 0, 0]
    assert window.wait("a", 9.0) == pytest.approx(1.0)
    assert window.wait("b", 9.0) == 0
    assert window.wait("a", 10.0) == 0
    assert window.wait("a", 13.9) == pytest.approx(0.1)


def test_who_asks_is_text(visit: Callable[..., Browser]) -> None:
    browser = visit()
    assert browser.client.post("/admin/sign-in", data={"token": TOKEN, "who": "x" * 61}).status_code == 400
    assert browser.client.post("/admin/sign-in", data={"token": TOKEN, "who": "a\nb"}).status_code == 400
    browser.sign_in("<b>ann</b>")
    page = browser.get("/admin/runs")
    assert "<b>ann" not in page
    assert found(r"(&lt;b&gt;ann&lt;/b&gt;)", page)
