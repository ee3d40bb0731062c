"""What was set before it was known which columns it names is about those that it names at the upgrade."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from pydb import migrate

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers import TestServer

FILLED = """
create table public."Käufe" (gone int, id int primary key, k int, t int,
    at timestamptz);
alter table public."Käufe" drop gone;
select pydb.hold_place('key', '"Käufe"', '{"k": 1}', p_reason => 'r');
select pydb.hold_place('filter', '"Käufe"', p_filter => 'k = 1 and "t" > 0', p_reason => 'r');
select pydb.hold_place('tenant', null, p_tenant => '{"t": 1}', p_reason => 'r');
select pydb.hold_place('tables', null, p_tenant => '{"t": 1}', p_tables => '{"\\"Käufe\\""}',
    p_reason => 'r');
select pydb.retention_policy_set('k', '"Käufe"', 'at', '9 days', p_filter => 'k = 1', p_keep_column => 't');
select pydb.reference_set('"Käufe"', '{t}', '"Käufe"', '{id}', 'cascade', p_name => 'public."Käufe".up');
select pydb.hold_place('table', '"Käufe"', p_reason => 'r');
select pydb.hold_place('over', '"Käufe"', '{"k": 1}', p_reason => 'r');
select * from pydb.hold_release('over', 'over');
"""
RENAMED = """alter table public."Käufe" rename k to was_k; alter table public."Käufe" add k int;
alter table public."Käufe" rename t to was_t; alter table public."Käufe" add t int"""
SEEN = """select name, columns_seen from pydb.hold union all
select name, columns_seen from pydb.retention_policy union all
select name, columns_seen from pydb.reference order by 1"""
BROKEN = "select name from pydb.hold_status where state = 'broken' order by name"


@pytest.mark.parametrize("revision", ["0007", "0008"])
def test_what_is_there_is_about_the_columns_of_these_names(
    server: TestServer, at_revision: Callable[[str], str], revision: str
) -> None:
    with (
        server.database(migrated=False, template=at_revision(revision)) as database,
        psycopg.connect(database.dsn, autocommit=True) as db,
    ):
        db.execute(FILLED.encode())
        if revision == "0008":
            # what is known by then is the same here, and there again
            before = db.execute(SEEN).fetchall()
            migrate.up(database.dsn)
            migrate.down(database.dsn, "0008", destroy=True)
            assert db.execute(SEEN).fetchall() == before
            db.execute(RENAMED.encode())
        migrate.up(database.dsn)
        if revision == "0007":
            assert db.execute(BROKEN.encode()).fetchall() == []
            db.execute("select * from pydb.retention_plan('k')")
            db.execute(RENAMED.encode())
        broken = [("filter",), ("key",), ("tables",), ("tenant",)]
        assert db.execute(BROKEN.encode()).fetchall() == broken
        with pytest.raises(psycopg.Error, match="called was_k by now, and another has its name"):
            db.execute("select * from pydb.retention_plan('k')")
        listed = "select status from pydb.reference_list"
        assert db.execute(listed).fetchall() == [
            ('column t of public."Käufe" is called was_t by now, and another has its name',)
        ]
