"""Windows: hours on the clock of a time zone, across midnight and across both changes of the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import psycopg
import pytest

if TYPE_CHECKING:
    from tests.conftest import Connection

BERLIN: Final = "Europe/Berlin"
NEW_YORK: Final = "America/New_York"


def put(db: Connection, name: str, *window: str | None) -> None:
    """Set a window: opens, closes, weekdays, time zone; what is left out is every day, and UTC."""
    opens, closes, days, zone = (*window, *(None, "UTC")[len(window) - 2 :])
    db.execute("select pydb.window_set(%s, %s, %s, %s::text[], %s)", (name, opens, closes, days, zone))


def verdict(db: Connection, names: list[str] | None, at: str, kind: str = "retention") -> tuple[object, ...]:
    """Until when it is open, and when it opens, both as text in UTC."""
    db.execute("set timezone = 'UTC'")
    row = db.execute(
        "select coalesce(to_char(v.until, 'MM-DD HH24:MI:SS'), v.until::text),"
        " to_char(v.opens_at, 'MM-DD HH24:MI:SS')"
        " from pydb_internal.window_verdict(%s::text[], %s, %s::timestamptz) as v",
        (names, kind, at),
    ).fetchone()
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("window", "at", "until", "opens"),
    [
        # across midnight: the day on which it opens counts
        (("22:00", "06:00", None, "UTC"), "2026-07-01 21:59:59Z", None, "07-01 22:00:00"),
        (("22:00", "06:00", None, "UTC"), "2026-07-01 22:00Z", "07-02 06:00:00", None),
        (("22:00", "06:00", None, "UTC"), "2026-07-02 05:59:59Z", "07-02 06:00:00", None),
        (("22:00", "06:00", None, "UTC"), "2026-07-02 06:00Z", None, "07-02 22:00:00"),
        (("22:00", "06:00", "{fri}", BERLIN), "2026-07-04 03:59Z", "07-04 04:00:00", None),
        (("22:00", "06:00", "{fri}", BERLIN), "2026-07-04 21:00Z", None, "07-10 20:00:00"),
        # a whole day, and around the clock
        (("00:00", "24:00", "{sat,sun}", BERLIN), "2026-07-04 12:00Z", "07-05 22:00:00", None),
        (("05:00", "05:00", None, "UTC"), "2026-07-04 12:00Z", "infinity", None),
        # clocks go forward at 02:00 in New York on 2026-03-08: an hour less, or none of it
        (("22:00", "06:00", None, NEW_YORK), "2026-03-08 04:00Z", "03-08 10:00:00", None),
        (("01:00", "02:30", None, NEW_YORK), "2026-03-08 06:30Z", "03-08 07:00:00", None),
        (("02:30", "05:00", None, NEW_YORK), "2026-03-08 06:30Z", None, "03-08 07:00:00"),
        (("02:15", "02:45", None, NEW_YORK), "2026-03-08 06:59Z", None, "03-09 06:15:00"),
        (("02:15", "02:45", "{sun}", NEW_YORK), "2026-03-08 06:59Z", None, "03-15 06:15:00"),
        # and back on 2026-11-01: an hour more, or the same hour again
        (("22:00", "06:00", None, NEW_YORK), "2026-11-01 03:00Z", "11-01 11:00:00", None),
        (("00:30", "01:30", None, NEW_YORK), "2026-11-01 04:45Z", "11-01 05:30:00", None),
        (("00:30", "01:30", None, NEW_YORK), "2026-11-01 05:45Z", None, "11-01 06:00:00"),
        (("00:30", "01:30", None, NEW_YORK), "2026-11-01 06:15Z", "11-01 06:30:00", None),
        (("01:15", "01:45", None, NEW_YORK), "2026-11-01 04:00Z", None, "11-01 05:15:00"),
        (("01:15", "01:45", None, NEW_YORK), "2026-11-01 05:50Z", None, "11-01 06:15:00"),
        # by half an hour
        (("01:45", "02:15", None, "Australia/Lord_Howe"), "2026-04-04 14:50Z", "04-04 15:00:00", None),
    ],
)
def test_hours(
    db: Connection,
    window: tuple[str, str, str | None, str],
    at: str,
    until: str | None,
    opens: str | None,
) -> None:
    put(db, "w", *window)
    found = verdict(db, ["w"], at)
    assert found == ("infinity" if until == "infinity" else until, opens)


def test_every_minute_of_a_year_is_as_the_clock_on_the_wall_says(db: Connection) -> None:
    put(db, "w", "22:30", "02:30", "{sat,sun}", NEW_YORK)
    wrong = db.execute(
        """select count(*), count(*) filter (where v.is_open) from (
            select
                (w.local::time >= '22:30' and extract(isodow from w.local) in (6, 7))
                or (w.local::time < '02:30' and extract(isodow from w.local) in (7, 1)) as is_open,
                pydb_internal.window_until(r, w.at) is not null as found
            from pydb.run_window as r
            cross join lateral (
                select a as at, a at time zone 'America/New_York' as local
                from unnest(array['2026-03-06Z', '2026-10-30Z']::timestamptz[]) as d (day)
                cross join generate_series(d.day, d.day + interval '5 days', interval '1 min') as a
            ) as w
        ) as v where v.is_open <> v.found"""
    ).fetchone()
    assert wrong == (0, 0)


def test_where_one_closes_another_may_be_open(db: Connection) -> None:
    put(db, "nights", "22:00", "06:00")
    put(db, "weekend", "00:00", "24:00", "{sat,sun}")
    assert verdict(db, ["nights", "weekend"], "2026-07-03 23:00Z") == ("07-06 06:00:00", None)
    assert verdict(db, ["nights", "weekend"], "2026-07-06 07:00Z") == (None, "07-06 22:00:00")


def test_a_window_holds_for_its_kinds_and_what_a_policy_names_wins(db: Connection) -> None:
    db.execute("select pydb.window_set('a', '01:00', '02:00', p_kinds => '{cascade,orphan_scan}')")
    noon = "2026-07-01 12:00Z"
    assert verdict(db, None, noon, "cascade") == (None, "07-02 01:00:00")
    assert verdict(db, None, noon, "retention") == verdict(db, [], noon, "cascade") == ("infinity", None)
    db.execute("select pydb.window_set('b', '03:00', '04:00', p_kinds => '{all}')")
    assert verdict(db, None, noon, "retention") == (None, "07-02 03:00:00")
    assert verdict(db, ["a"], noon, "retention") == (None, "07-02 01:00:00")


@pytest.mark.parametrize(
    "arguments",
    [
        "'Night', '1:00', '2:00'",
        "'', '1:00', '2:00'",
        "null, '1:00', '2:00'",
        "'w', null, '2:00'",
        "'w', '1:00', null",
        "'w', '1:00', '2:00', '{monday}'",
        "'w', '1:00', '2:00', '{}'",
        "'w', '1:00', '2:00', '{mon,null}'",
        "'w', '1:00', '2:00', null, 'Europe/Atlantis'",
        "'w', '1:00', '2:00', null, null",
        "'w', '1:00', '2:00', null, 'UTC', '{everything}'",
        "'w', '1:00', '2:00', null, 'UTC', null",
    ],
)
def test_what_is_no_window_is_refused(db: Connection, arguments: str) -> None:
    with pytest.raises(psycopg.Error) as caught:
        db.execute(f"select pydb.window_set({arguments})".encode())
    assert caught.value.sqlstate == "YD821"
    assert caught.value.diag.message_detail
    assert caught.value.diag.message_hint


def test_set_again_as_it_is_changes_nothing_and_changes_are_audited(db: Connection) -> None:
    put(db, "w", "1:00", "2:00", "{sun,mon,mon}")
    put(db, "w", "1:00", "2:00", "{mon,sun}")
    put(db, "w", "1:00", "3:00", "{mon,tue,wed,thu,fri,sat,sun}")
    assert db.execute("select weekdays, closes::text from pydb.run_window").fetchone() == (None, "03:00:00")
    assert db.execute("select pydb.window_drop('w'), pydb.window_drop('w')").fetchone() == (True, False)
    actions = db.execute("select action from pydb.audit_log where subject = 'w' order by id").fetchall()
    assert actions == [("window_set",), ("window_set",), ("window_drop",)]


def test_a_window_in_use_is_not_dropped(db: Connection) -> None:
    put(db, "w", "1:00", "2:00")
    db.execute("create table t (at timestamptz)")
    db.execute("select pydb.retention_policy_set('p', 't', 'at', '30 days', p_catch_up_windows => '{w}')")
    assert db.execute("select used_by from pydb.window_status").fetchone() == (["policy p"],)
    with pytest.raises(psycopg.Error) as caught:
        db.execute("select pydb.window_drop('w')")
    assert caught.value.sqlstate == "YD823"
    db.execute("select pydb.retention_policy_drop('p')")
    assert db.execute("select pydb.window_drop('w')").fetchone() == (True,)
