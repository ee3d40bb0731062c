"""Settings carry their type and bounds as data, and that data alone says what they take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.errors import CheckViolation

if TYPE_CHECKING:
    from tests.conftest import Connection, RoleFactory

OF_EACH_TYPE = (
    ("flag", "boolean", "on", None, None, None),
    ("small", "integer", "5", "0", "100", None),
    ("large", "bigint", "5", "0", None, None),
    ("share", "numeric", "0.5", "0", "1", None),
    ("span", "interval", "1 day", "0", "1 year", None),
    ("words", "text", "a", None, None, None),
    ("one_of", "choice", "a", None, None, ["a", "b c", "Ä"]),
    ("who", "role", "postgres", None, None, None),
)


@pytest.fixture
def one_of_each(db: Connection) -> Connection:
    """A setting of each type, none of which may be null."""
    for row in OF_EACH_TYPE:
        db.execute(
            "insert into pydb.setting (name, value_type, value, min_value, max_value, choices, description)"
            " values (%s, %s, %s, %s, %s, %s, 'for a test')",
            row,
        )
    return db


def stored(db: Connection, name: str) -> object:
    row = db.execute("select value from pydb.setting where name = %s", (name,)).fetchone()
    assert row is not None
    return row[0]


def audited(db: Connection) -> list[tuple[object, ...]]:
    return db.execute(
        "select subject, arguments ->> 'new' from pydb.audit_log where action = 'setting_set' order by id"
    ).fetchall()


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("flag", "maybe", "is not of type boolean"),
        ("flag", "", "is not of type boolean"),
        ("small", "-1", "is less than 0"),
        ("small", "101", "is more than 100"),
        ("small", "1.5", "is not of type integer"),
        ("small", "1e1", "is not of type integer"),
        ("small", "NaN", "is not of type integer"),
        ("small", "infinity", "is not of type integer"),
        ("small", "2147483648", "is not of type integer"),
        ("small", "9" * 400, "is not of type integer"),
        ("small", "", "is not of type integer"),
        ("small", "٣", "is not of type integer"),
        ("large", "-1", "is less than 0"),
        ("large", "9223372036854775808", "is not of type bigint"),
        ("large", "5; drop table pydb.setting", "is not of type bigint"),
        ("share", "NaN", "is not finite"),
        ("share", "nan", "is not finite"),
        ("share", "infinity", "is not finite"),
        ("share", "-Infinity", "is not finite"),
        ("share", "1.0000001", "is more than 1"),
        ("share", "-0.1", "is less than 0"),
        ("share", "1e200000", "is not of type numeric"),
        ("span", "-1 us", "is less than 0"),
        ("span", "1 year 1 us", "is more than 1 year"),
        ("span", "100 mons", "is more than 1 year"),
        ("span", "1 mon -30 days", "has parts of opposite signs"),
        ("span", "1 mon -29 days", "has parts of opposite signs"),
        ("span", "1 day -1 hour", "has parts of opposite signs"),
        ("span", "-infinity", ""),
        ("span", "infinity", ""),
        ("span", "NaN", "is not of type interval"),
        ("span", "999999999999 years", "is not of type interval"),
        ("span", "", "is not of type interval"),
        ("words", "", "is empty"),
        ("words", " \t\n", "is empty"),
        ("one_of", "A", "is none of a, b c, Ä"),
        ("one_of", " a", "is none of"),
        ("one_of", "ä", "is none of"),
        ("one_of", "", "is none of"),
        ("who", "nonsense", "names no role"),
        ("who", "POSTGRES", "names no role"),
        ("who", '"postgres"', "names no role"),
        ("who", "", "names no role"),
        ("who", "x" * 200, "names no role"),
        ("who", "public", "names no role"),
        *((name, None, "cannot be null") for name, *_ in OF_EACH_TYPE),
    ],
)
def test_what_is_of_another_type_or_out_of_bounds_is_refused(
    one_of_each: Connection, name: str, value: str | None, why: str
) -> None:
    before = stored(one_of_each, name)
    with pytest.raises(psycopg.Error) as caught:
        one_of_each.execute("select pydb.setting_set(%s, %s)", (name, value))
    assert caught.value.sqlstate == "YD008"
    assert why in str(caught.value.diag.message_detail)
    assert caught.value.diag.message_hint
    assert stored(one_of_each, name) == before
    assert audited(one_of_each) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("flag", "off"),
        ("flag", "t"),
        ("small", "0"),
        ("small", "100"),
        ("small", " 7 "),
        ("large", "9223372036854775807"),
        ("share", "0"),
        ("share", "1"),
        ("share", "0.000000000000000000001"),
        ("span", "0"),
        ("span", "5"),
        ("span", "1 month"),  # counts as 30 days where it is compared
        ("span", "12 months"),
        ("span", "360 days"),
        ("span", "PT5M"),
        ("words", "ü 日本"),
        ("one_of", "b c"),
        ("one_of", "Ä"),
        ("who", "pg_monitor"),
    ],
)
def test_what_fits_is_stored_as_it_was_typed(one_of_each: Connection, name: str, value: str) -> None:
    one_of_each.execute("select pydb.setting_set(%s, %s)", (name, value))
    assert stored(one_of_each, name) == value
    assert audited(one_of_each) == [(name, value)]


@pytest.mark.parametrize("intervalstyle", ["postgres", "sql_standard", "iso_8601"])
def test_the_session_does_not_change_what_fits(one_of_each: Connection, intervalstyle: str) -> None:
    one_of_each.execute(f"set intervalstyle = {intervalstyle}")
    one_of_each.execute("set standard_conforming_strings = off")
    for value in ("-1 day", "-1 day 02:00", "1 mon -30 days"):
        with pytest.raises(psycopg.Error) as caught:
            one_of_each.execute("select pydb.setting_set('span', %s)", (value,))
        assert caught.value.sqlstate == "YD008"
    one_of_each.execute("select pydb.setting_set('span', '1 day 02:00')")


@pytest.mark.parametrize("name", ["nothing", "", "kill_switch ", "KILL_SWITCH", None])
def test_an_unknown_name_is_refused(db: Connection, name: str | None) -> None:
    with pytest.raises(psycopg.Error) as caught:
        db.execute("select pydb.setting_set(%s, 'on')", (name,))
    assert caught.value.sqlstate == "YD008"
    assert "kill_switch" in str(caught.value.diag.message_detail)


def test_null_is_for_what_can_be_not_set(db: Connection) -> None:
    nullable = {n for (n,) in db.execute("select name from pydb.setting where nullable").fetchall()}
    assert nullable == {"archive_keep", "job_run_keep", "orphan_scan_valid", "schedule_role"}
    for name in nullable:
        db.execute("select pydb.setting_set(%s, null)", (name,))
        assert stored(db, name) is None


def test_a_role_with_a_name_that_needs_quotes(db: Connection, role: RoleFactory) -> None:
    name = role('Größe "of" it\'s')
    db.execute("select pydb.setting_set('schedule_role', %s)", (name,))
    assert stored(db, "schedule_role") == name


def test_every_setting_that_a_domain_brings_along_has_a_type_and_a_value_that_fits(db: Connection) -> None:
    rows = db.execute(
        "select s.name, s.value_type, s.min_value, s.max_value,"
        " pydb_internal.setting_problem(s, s.value) as problem,"
        " pydb_internal.setting_problem(s, s.min_value) as least,"
        " pydb_internal.setting_problem(s, s.max_value) as most"
        " from pydb.setting as s"
    ).fetchall()
    assert len(rows) >= 15
    for name, value_type, low, high, *problems in rows:
        assert value_type != "text", name
        if value_type == "interval":
            # now() - interval must not leave the calendar
            assert low is not None, name
            assert high is not None, name
        fits = [p for p, bound in zip(problems, ("", low, high), strict=True) if bound is not None]
        assert fits == [None] * len(fits), name


def test_the_description_says_the_bounds_that_hold(db: Connection) -> None:
    rows = db.execute(
        "select name, min_value, max_value, description from pydb.setting"
        " where description ~ '[(][^)]* to [^)]*[)]$'"
    ).fetchall()
    assert rows
    for name, low, high, description in rows:
        assert f"{low} to {high})" in description, name


@pytest.mark.parametrize(
    "row",
    [
        "'x', 'color', null, null, null",
        "'x', 'boolean', '0', null, null",
        "'x', 'role', null, '1', null",
        "'x', 'choice', null, null, null",
        "'x', 'integer', null, null, array['a']",
    ],
)
def test_a_row_that_no_value_could_be_checked_by_is_refused(db: Connection, row: str) -> None:
    with pytest.raises(CheckViolation):
        db.execute(
            "insert into pydb.setting (name, value_type, min_value, max_value, choices, description)"
            f" values ({row}, 'd')".encode()
        )
