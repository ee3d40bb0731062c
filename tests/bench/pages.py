"""Every page over a log of ten million runs and 5,000 policies: server time, and how large it is."""

from __future__ import annotations

import re
import statistics
import time
from typing import TYPE_CHECKING, Final

import httpx

from pydb.web import Settings, create_app
from tests.bench import crowd
from tests.bench.arena import Arena
from tests.bench.figures import Figure
from tests.web.conftest import serving

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

TOKEN: Final = "a-token-of-the-benches-0123"
PAGES: Final = {
    "health": "/admin/system/health",
    "health as a document": "/admin/system/health.json",
    "policies": "/admin/policies",
    "policies, overdue": "/admin/policies?state=overdue",
    "policies, by a word": "/admin/policies?q=_4242",
    "policies, page 80": "/admin/policies?start=3950",
    "one policy": "/admin/policies/policy_7",
    "runs": "/admin/runs",
    "runs, failed last night": "/admin/runs?state=failed&state=blocked&since=yesterday&until=today",
    "runs of one kind": "/admin/runs?kind=orphans",
    "runs of one policy": "/admin/runs?kind=retention&subject=policy_7",
    "runs of no state that there is": "/admin/runs?state=cancelled&state=skipped",
    "runs of one policy, of a rare state": "/admin/runs?subject=scan&state=cancelled",
    "runs, 60 days back": "/admin/runs?after={deep}",
    "one run": "/admin/runs/5000000",
    "jobs": "/admin/jobs",
    "holds": "/admin/holds",
    "audit": "/admin/audit",
    "audit, far back": "/admin/audit?before=1000",
}


def figures(options: argparse.Namespace) -> list[Figure]:
    """Milliseconds of each page while nothing but the outlook is kept, and of the first look of a server."""
    # ten million rows in memory are enough: not their log too
    with Arena(options.server, max_wal_size="1GB") as arena:
        crowd.fill(arena, "crowd", runs=options.large or 10_000_000)
        return list(measure(arena.server.dsn("crowd"), options.rounds))


def measure(dsn: str, rounds: int) -> Iterator[Figure]:
    """The figures on a database that is filled."""
    largest = 0
    app = create_app(Settings(dsn=dsn, token=TOKEN))
    first = []
    with serving(app, 1.0) as url, httpx.Client(base_url=url, timeout=60) as client:
        client.headers["authorization"] = f"Bearer {TOKEN}"
        began = time.monotonic()
        client.get("/admin/system/health").raise_for_status()
        first.append((time.monotonic() - began) * 1000)
    yield Figure("page health, the very first look of a server", 1500.0, unit="ms", ours=first)
    for name, path in PAGES.items():
        app = create_app(Settings(dsn=dsn, token=TOKEN, rate=1_000_000))
        app.state.site.warm()
        with serving(app) as url, httpx.Client(base_url=url, timeout=60) as client:
            client.headers["authorization"] = f"Bearer {TOKEN}"
            there = path.replace("{deep}", _deep())
            times = []
            for _ in range(max(rounds, 3)):
                app.state.site.database.forget()
                began = time.monotonic()
                answered = client.get(there)
                if not there.endswith(".json"):  # which says by 503 that something is wrong
                    answered.raise_for_status()
                times.append((time.monotonic() - began) * 1000)
                largest = max(largest, len(answered.content))
                if "Not known." in answered.text:
                    times.append(float("inf"))
                    print(re.findall(r"Not known\..*?</p>", answered.text))  # noqa: T201
            yield Figure(f"page {name}", 300.0, unit="ms", ours=times)
    yield Figure("largest page", 100.0, unit="kB", ours=[largest / 1000])


def _deep() -> str:
    from datetime import UTC, datetime, timedelta

    return f"{(datetime.now(UTC) - timedelta(days=60)).isoformat().replace('+', '%2B')}~3000000"


def main() -> None:
    """Measure on a database that somebody has filled: python -m tests.bench.pages DSN."""
    import sys

    for figure in measure(sys.argv[1], 3):
        print(f"{statistics.median(figure.ours):9.1f} {figure.unit} {figure.name}")  # noqa: T201


if __name__ == "__main__":
    main()
