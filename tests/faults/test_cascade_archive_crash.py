"""A cascade that archives is killed: each row is in its table or in its archive, and all of it comes back."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import pytest

from tests.cascade.site import CUSTOMER, TAKE, Site
from tests.cascade.test_job_faults import ALL_OF_ONE, PLACES, SALES
from tests.faults.crashes import CRASHES, sigkill, stop_at_once, terminate
from tests.faults.lab import Background

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.crashes import Crash
    from tests.servers import TestServer

COLUMNS = {CUSTOMER: "id", "shop.sale": "id, customer", "shop.line": "id, sale", "shop.log": "id, customer"}


@pytest.fixture
def mortal_site(mortal: TestServer) -> Iterator[Site]:
    with mortal.database(migrated=True) as database, contextlib.closing(Site(database.dsn)) as made:
        yield made


def rows(site: Site) -> dict[str, list[tuple[object, ...]]]:
    """What is in the tables and in their archives together: no row is lost, none is twice."""
    found = {}
    for table, columns in COLUMNS.items():
        archive = site.value("select archive::text from pydb.archive_table where source_name = %s", table)
        query = f"select {columns} from {table}"
        if archive is not None:
            query += f" union all select {columns} from {archive}"
        found[table] = site.db.execute(f"{query} order by 1".encode()).fetchall()
    return found


def archived(site: Site) -> int:
    """Rows in archives, as the books say; each archive agrees."""
    total = 0
    for archive, booked in site.db.execute(
        "select archive::text, sum(rows - restored - purged)::int from pydb.archive_run group by archive"
    ).fetchall():
        assert site.value(f"select count(*) from {archive}") == booked
        total += booked
    return total


# each place and each way to die
CASES = [
    ("between", terminate),
    ("between", stop_at_once),
    ("inside", sigkill),
    ("at the root", terminate),
    ("at the root", sigkill),
]


@pytest.mark.parametrize(("place", "crash"), CASES, ids=lambda part: getattr(part, "__name__", part))
def test_what_a_killed_job_took_is_in_archives(
    mortal: TestServer, mortal_site: Site, place: str, crash: Crash
) -> None:
    site = mortal_site
    site.shop(SALES)
    before = rows(site)
    job = site.request(archive=True)
    halt, done = PLACES[place]
    with halt(site, job) as run:
        crash(mortal, site, run)
    assert rows(site) == before
    assert archived(site) == site.job(job)["rows_done"] == done
    site.run_job(job).succeeded()
    site.settled(job, ALL_OF_ONE)
    assert rows(site) == before
    assert archived(site) == sum(ALL_OF_ONE.values())
    first, second = site.runs(f"job {job}")
    assert (first.state, second.state) == ("interrupted", "completed")
    for later in (second, first):  # the root went last, and comes back first
        site.do(f"select * from pydb.archive_restore({later.id})")
    assert archived(site) == 0
    assert rows(site) == before


@CRASHES
def test_a_killed_call_has_archived_nothing(mortal: TestServer, mortal_site: Site, crash: Crash) -> None:
    site = mortal_site
    site.shop()
    before = rows(site)
    call = "select pydb.cascade_delete('shop.customer', '{\"id\": 1}', %s, p_archive => true,"
    call += " p_allow_triggers => true)"
    edges = json.dumps(TAKE)
    with site.gate_on(CUSTOMER, 1) as gate:
        run = Background(site.session(), call, edges)
        gate.reached_by(run)
        crash(mortal, site, run)
    assert archived(site) == 0
    assert (site.counts(), rows(site)) == ((3, 5, 10, 5), before)
    site.db.execute(call, (edges,))
    assert archived(site) == 9
    assert rows(site) == before
