"""pydb.orphan_check: orphans of one part of a reference, now; they count until a scan of the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pydb import db as database_module
from pydb import orphans
from pydb.errors import PydbError
from tests.orphans.lab import refused

if TYPE_CHECKING:
    from tests.conftest import Connect, Connection


@pytest.fixture
def data(db: Connection) -> Connection:
    """Table b refers to a; four of its rows have no parent, two of data set 1 and two of data set 2."""
    db.execute("create table public.a (id int primary key)")
    db.execute(
        "create table public.b (id int primary key, set_id int, a_id int constraint b_a references public.a)"
    )
    db.execute("insert into public.a values (1)")
    db.execute("set session_replication_role = replica")
    db.execute(
        "insert into public.b values (1, 1, 1), (2, 1, 70), (3, 1, 71), (4, 2, 72), (5, 2, 73), (6, 3, null)"
    )
    db.execute("reset session_replication_role")
    return db


def check(db: Connection, part: str | None) -> tuple[object, ...]:
    (row,) = db.execute(
        "select orphans, checked_rows from pydb.orphan_check('b_a', p_filter => %s)", [part]
    ).fetchall()
    return row


def met(db: Connection) -> float:
    row = db.execute("select sum(value) from pydb.metric where name = 'lifecycle_orphan_rows'").fetchone()
    return 0 if row is None or row[0] is None else float(str(row[0]))


def test_a_part_is_counted_warned_of_and_noted(data: Connection) -> None:
    warnings: list[tuple[str | None, str | None]] = []
    data.add_notice_handler(lambda diag: warnings.append((diag.sqlstate, diag.message_primary)))
    assert check(data, "set_id = 3") == (0, 1)
    assert warnings == []
    assert met(data) == 0
    assert check(data, "set_id = 1") == (2, 3)
    assert warnings == [("YD409", "2 orphaned rows of public.b.b_a")]
    assert met(data) == 2
    assert check(data, "set_id = 2 and id < 5") == (1, 1)
    assert warnings[-1] == ("YD409", "1 orphaned row of public.b.b_a")
    assert met(data) == 3
    # the same part again, which is mended by now
    data.execute("delete from public.b where set_id = 1 and a_id > 1")
    assert check(data, "set_id = 1") == (0, 1)
    assert met(data) == 1


def test_the_whole_counts_more_than_its_parts(data: Connection) -> None:
    check(data, "set_id = 1")
    assert check(data, None) == (4, 6)
    assert met(data) == 4
    data.execute("delete from public.b where a_id > 1")
    data.execute("select count(*) from pydb.orphan_scan()")
    assert met(data) == 0
    assert data.execute("select count(*) from pydb.orphan_part").fetchone() == (0,)


def test_health_counts_what_was_met_since_the_last_scan(data: Connection) -> None:
    data.execute("delete from public.b where a_id > 1")
    data.execute("select count(*) from pydb.orphan_scan()")
    data.execute("set session_replication_role = replica")
    data.execute("insert into public.b values (9, 9, 90)")
    data.execute("reset session_replication_role")
    state = "select status, reason_code from pydb.health('{orphans}')"
    assert data.execute(state).fetchall() == [("ok", "well")]
    check(data, "set_id = 9")
    assert data.execute(state).fetchall() == [("degraded", "orphans_met")]


@pytest.mark.parametrize(
    "part", ["id in (select 1)", "true); drop table public.b; --", "pg_sleep(1) is null", "nope"]
)
def test_a_filter_is_held_to_the_rules_of_policies(data: Connection, part: str) -> None:
    with refused("YD103"):
        check(data, part)


def test_two_who_look_at_the_same_part_do_not_wait_for_each_other(data: Connection, connect: Connect) -> None:
    first, second = connect(autocommit=False), connect(autocommit=False)
    for session in (first, second, first):
        session.execute("set local statement_timeout = '20s'")
        assert check(session, "set_id = 1") == (2, 3)
    second.commit()
    first.commit()
    assert met(data) == 2
    with refused("YD301"):
        data.execute("select * from pydb.orphan_check('nothing')")
    with refused("YD001"):
        data.execute("select * from pydb.orphan_check('b_a', p_sample => -1)")


def test_a_transaction_that_only_reads_is_told_and_leaves_no_word(data: Connection, connect: Connect) -> None:
    session = connect()
    session.execute("set default_transaction_read_only = on")
    assert check(session, "set_id = 1") == (2, 3)
    assert met(data) == 0


def test_from_python(data: Connection, dsn: str) -> None:
    with database_module.connect(dsn) as conn:
        found = orphans.check(conn, "b_a", "set_id = 1", sample=1)
        assert (found.orphans, found.checked_rows, len(found.sample)) == (2, 3, 1)
        with pytest.raises(PydbError) as caught:
            orphans.check(conn, "b_a", "id in (select 1)")
    assert caught.value.sqlstate == "YD103"
    assert met(data) == 2
