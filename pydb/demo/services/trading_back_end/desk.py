"""The page of the desk: its admin token, its health, and how often one workspace may ask."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Final

import httpx

from pydb.demo.services.trading_back_end.application import RATE

if TYPE_CHECKING:
    from pathlib import Path

    from pydb.demo.services.stage import Stage

_DESK: Final = secrets.token_urlsafe(24)
_SCREEN: Final = secrets.token_urlsafe(24)
_HEALTH: Final = "/admin/system/health"
_PATIENCE: Final = 15.0


def token_file(folder: Path) -> Path:
    """Two tokens: of the desk, and of a screen on the wall that may only look."""
    path = folder / "tokens"
    path.touch(mode=0o600)
    path.write_text(f"{_DESK} desk\n{_SCREEN} screen read\n", "utf-8")
    return path


def client(url: str, token: str = _DESK) -> httpx.Client:
    """Who has a token."""
    headers = {"authorization": f"Bearer {token}"}
    return httpx.Client(base_url=f"{url}/data", headers=headers, timeout=30)


def prove(stage: Stage, url: str) -> None:
    """The health of the system as the page has it; who may look; who asks too often."""
    stage.screen.step("The page: system health, an admin token, rates")
    with client(url) as desk, client(url, _SCREEN) as screen, client(url, "of-nobody-and-nowhere") as nobody:
        _prove_health(stage, desk)
        stage.equal("token_none", "without a good token", nobody.get("/admin/api/health").status_code, 401)
        stage.equal("token_read", "a token that may only look acts", _pause(screen), 403)
        stage.equal("token_admin", "the admin token acts", _pause(desk), 200)
        desk.post("/admin/api/policies/job_runs/resume", json={"reason": "shown"})
        answered = [screen.get("/livez-of-nobody") for _ in range(RATE + 20)]
        late = [one for one in answered if one.status_code == 429]
        taken = len(answered) - len(late) + 1
        stage.at_most("rate", f"requests a minute of the screen, out of {len(answered)}", taken, RATE)
        waits = sum("retry-after" in one.headers for one in late)
        stage.equal(
            "rate_told", "refused ones (429) that say when to come back", waits == len(late) > 0, wanted=True
        )
        stage.equal("rate_others", "the desk meanwhile", desk.get("/admin/api/policies").status_code, 200)


def _pause(client: httpx.Client) -> int:
    return client.post("/admin/api/policies/job_runs/pause", json={"reason": "shown"}).status_code


def _prove_health(stage: Stage, desk: httpx.Client) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:  # health is looked at beside the requests, and is some seconds old
        page, document = desk.get(_HEALTH), desk.get(f"{_HEALTH}.json")
        is_there = "llm (timeout)" in document.text and "without what they depend on" in page.text
        if is_there or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    stage.equal("page", "the page of system health answers", page.status_code, 200)
    stage.equal(
        "page_model", "it says that answers were degraded; its document, whose and why", is_there, wanted=True
    )
