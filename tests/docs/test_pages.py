"""The how-tos are followed to the letter: every block marked as runnable is run, on a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.docs.pages import ROOT, blocks
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
    "docs/health.md": 6,
    "docs/idempotency.md": 15,
    "docs/idempotency-http.md": 4,
    "docs/install.md": 8,
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


@pytest.fixture
def reader(name: str, tmp_path: Path, server: TestServer, doors: Doors) -> Iterator[Reader]:
    """Return a reader with a database of his own."""
    with server.database(migrated=name != WITHOUT) as database:
        yield Reader(server, database.name, tmp_path, doors.before(server))


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "docs/archive-files.md",
        "docs/archive.md",
        "docs/retention.md",
        "docs/references.md",
        "docs/cascade.md",
        "docs/orphans.md",
        "docs/idempotency.md",
        "docs/idempotency-http.md",
        "docs/concepts.md",
        "docs/health.md",
        "docs/stream.md",
        "docs/telemetry.md",
    ],
)
def test_page_holds(name: str, reader: Reader) -> None:
    first = next(block for block in blocks(ROOT / name) if "run" in block.words)
    assert first.text == INSTALLS or name == WITHOUT
    assert reader.follow(ROOT / name) >= MINIMUM[name]


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
