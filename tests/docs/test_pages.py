"""The how-tos are followed to the letter: every block marked as runnable is run, on a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.docs.pages import PAGES, ROOT, blocks
from tests.docs.reader import Reader
from tests.doors import door
from tests.servers import TEMPLATE, have_it_everywhere

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import CronServerFactory
    from tests.doors import Doors
    from tests.servers import TestServer


# dozens of commands one after the other, where others have the processors
pytestmark = pytest.mark.timeout(400)

# runnable blocks a page has at least: a mistake in the marks must not make a test that runs nothing
MINIMUM = {
    "README.md": 12,
    "docs/archive-files.md": 4,
    "docs/archive.md": 10,
    "docs/cascade.md": 13,
    "docs/concepts.md": 1,
    "docs/degraded.md": 2,
    "docs/events.md": 5,
    "docs/health.md": 6,
    "docs/idempotency.md": 15,
    "docs/idempotency-http.md": 4,
    "docs/install.md": 8,
    "docs/keep.md": 10,
    "docs/metrics.md": 3,
    "docs/orphans.md": 12,
    "docs/references.md": 9,
    "docs/retention.md": 20,
    "docs/schedule.md": 8,
    "docs/stream.md": 5,
    "docs/telemetry.md": 6,
}


# which does without pydb; where a page begins by installing it, that has been done: install.md does it
WITHOUT = "docs/stream.md"
INSTALLS = "pydb migrate up\n"
# which go on where another page has ended
LATER = ("docs/degraded.md", "docs/events.md")
# on servers of their own
OWN = ("docs/install.md", "docs/schedule.md")


@pytest.fixture
def reader(name: str, tmp_path: Path, server: TestServer, doors: Doors) -> Iterator[Reader]:
    """Return a reader with a database of his own."""
    with server.database(migrated=name != WITHOUT) as database:
        yield Reader(server, database.name, tmp_path, doors.before(server))


@pytest.mark.parametrize("name", [name for name in MINIMUM if name not in OWN])
def test_page_holds(name: str, reader: Reader) -> None:
    first = next(block for block in blocks(ROOT / name) if "run" in block.words)
    assert first.text == INSTALLS or name in (WITHOUT, *LATER)
    assert reader.follow(ROOT / name) >= MINIMUM[name]


def test_no_page_is_left_out() -> None:
    """Nor is one that is no page any more."""
    run = {page for page in PAGES if any("run" in block.words for block in blocks(page))}
    assert {page.relative_to(ROOT).as_posix() for page in run if "examples" not in page.parts} == set(MINIMUM)


def test_install_page_holds(tmp_path: Path, new_cron_server: CronServerFactory) -> None:
    # a server of its own: the page makes roles, which belong to a whole server
    with new_cron_server() as server, door(server, "nightly", "alice") as before:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("create database shop")
        reader = Reader(server, "shop", tmp_path, before)
        assert reader.follow(ROOT / "docs/install.md") >= MINIMUM["docs/install.md"]


def test_schedule_page_holds(tmp_path: Path, new_cron_server: CronServerFactory) -> None:
    # pg_cron and pydb are in database app; a second one, which the page makes, has pydb at once
    with new_cron_server() as server, door(server, "nightly") as before:
        have_it_everywhere(server, TEMPLATE)
        reader = Reader(server, server.dbname, tmp_path, before)
        assert reader.follow(ROOT / "docs/schedule.md") >= MINIMUM["docs/schedule.md"]
