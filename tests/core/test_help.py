"""The manual in psql: every public object is in it, with arguments, defaults and a call to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from tests.conftest import Connection


def test_everything_public_is_in_the_manual(db: Connection) -> None:
    listed = db.execute("select name, kind, what, example from pydb.help()").fetchall()
    public = db.execute(
        "select proname::text from pg_proc where pronamespace = 'pydb'::regnamespace"
        " union all select relname::text from pg_class"
        " where relnamespace = 'pydb'::regnamespace and relkind in ('r', 'v')"
    ).fetchall()
    assert sorted(row[0] for row in listed) == sorted(row[0] for row in public)
    assert all(what and example for _, _, what, example in listed)
    comment = db.execute("select obj_description('pydb'::regnamespace, 'pg_namespace')").fetchone()
    assert comment is not None
    assert "pydb.help" in comment[0]


def test_one_routine_has_its_arguments_a_line_each(db: Connection) -> None:
    row = db.execute("select kind, arguments, example from pydb.help('pydb.retention_run()')").fetchone()
    assert row is not None
    kind, arguments, example = row
    assert (kind, example) == ("procedure", "call pydb.retention_run();")
    assert arguments.splitlines()[:2] == ["p_policy text default NULL", "p_dry_run boolean default false"]
    view = db.execute("select arguments from pydb.help('run_list')").fetchone()
    assert view is not None
    assert view[0].splitlines()[0].startswith("id bigint  ")


def test_an_unknown_name_is_an_error(db: Connection) -> None:
    with pytest.raises(psycopg.DatabaseError) as refused:
        db.execute("select from pydb.help('nope')")
    assert refused.value.sqlstate == "YD002"


def test_a_call_that_needs_no_table_can_be_typed_as_it_stands(db: Connection) -> None:
    for (example,) in db.execute(
        "select example from pydb.help()"
        " where kind in ('view', 'table') or name in ('help', 'doctor', 'retention_plan')"
    ).fetchall():
        db.execute(example.encode())
