"""Archives, files and erasures of before stay what they were, up through every revision and down again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from pydb import migrate
from tests.migrations.tree import records

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Connection
    from tests.servers import TestServer

FILLED = """
create schema shop;
create table shop.customer (id int primary key);
create table shop.orders (
    id int primary key, customer_id int not null references shop.customer on delete cascade, at timestamptz
);
create index on shop.orders (customer_id);
insert into shop.customer select generate_series(1, 20);
insert into shop.orders select i, 1 + i % 20, now() - i * interval '1 day' from generate_series(1, 100) as i;
select pydb.retention_policy_set(
    'orders', 'shop.orders', 'at', '50 days', p_action => 'archive', p_fuse_share => 1
);
select pydb.entity_set('customer', 'shop.customer', '{"*": "delete"}');
"""
ERASED = """
select * from pydb.cascade_delete(
    null, '[{"id": 7}, {"id": 8}]', p_entity => 'customer', p_reason => 'ticket 1', p_archive => true
);
insert into pydb.archive_manifest (
    file, place, policy, run_id, relation, source_name, columns, key_columns, rows, rows_deleted, bytes_raw,
    bytes, sha256, digest, system_identifier, database_oid, manifest, settled_at
)
select
    'shop.orders-1.copy.zst', '/archive', 'orders', 1, 'shop.orders'::regclass, 'shop.orders', '[]', '{id}',
    9, 9, 90, 45, repeat('a', 64), repeat('b', 64), 1, 1, '{"file": "shop.orders-1.copy.zst"}', now()
"""
KEPT = {
    "runs": "select id, state, stop_reason, rows_done from pydb.job_run order by id",
    "archives": "select run_id, relation, rows, archived, restored from pydb.archive_list order by 1, 2",
    "files": "select file, rows, rows_deleted, sha256, manifest from pydb.archive_manifest",
    "erasures": "select id, entity, state, key_hashes, salt, rows_done, relations, run_ids from pydb.erasure",
    "policies": "select name, action, keep, enabled from pydb.retention_policy where not builtin",
}


def kept(db: Connection) -> dict[str, list[tuple[object, ...]]]:
    return {name: db.execute(query.encode()).fetchall() for name, query in KEPT.items()}


def counts(db: Connection) -> tuple[object, ...]:
    (found,) = db.execute(
        b"select (select count(*) from shop.customer), (select count(*) from shop.orders)"
    ).fetchall()
    return found


def test_what_0003_archived_is_restored_by_each_later_revision(
    server: TestServer, at_revision: Callable[[str], str], dsn: str
) -> None:
    with (
        server.database(migrated=False, template=at_revision("0003")) as database,
        psycopg.connect(database.dsn, autocommit=True) as db,
    ):
        db.execute(FILLED.encode())
        db.execute(b"call pydb.retention_run('orders')")
        db.execute(ERASED.encode())
        before = kept(db)
        assert [len(rows) for rows in before.values()] == [2, 3, 1, 1, 1]
        left = counts(db)
        for revision in ("0004", "head"):
            migrate.up(database.dsn, revision)
            assert kept(db) == before, revision
        # and what each revision made is recorded as in a database that never had another
        assert records(database.dsn) == records(dsn)
        assert db.execute(b"select ok, roots from pydb.erasure_verify()").fetchall() == [(True, 0)]
        # what is written by the newest is read by the one before it; parents went last
        db.execute(b"select * from pydb.archive_restore(2)")
        restored = db.execute(
            b"select sum(restored) from pydb.archive_restore(1, p_max_rows => 10)"
        ).fetchall()
        assert restored == [(10,)]
        half = kept(db)
        migrate.down(database.dsn, "0004", destroy=True)
        assert kept(db) == half
        db.execute(b"select * from pydb.archive_restore(1)")
        assert db.execute(b"select count(*) from pydb.archive_list where rows > 0").fetchall() == [(0,)]
        migrate.up(database.dsn, "head")
        assert counts(db) == (20, 100)
        assert left == (18, 43)
        assert migrate.check(database.dsn) == []


def test_edges_of_the_ledger_are_the_same_typed_and_as_a_document(
    server: TestServer, at_revision: Callable[[str], str]
) -> None:
    edges = b"select pg_catalog.to_jsonb(edges) from pydb.erasure"
    with (
        server.database(migrated=False, template=at_revision("0005")) as database,
        psycopg.connect(database.dsn, autocommit=True) as db,
    ):
        db.execute(FILLED.encode())
        # a copy of another database
        db.execute(b"select pydb.guard_allow('tried here')")
        db.execute(ERASED.split(";", maxsplit=1)[0].encode())
        ((before,),) = db.execute(edges).fetchall()
        assert [(one["parent"], one["keys"], len(one["hashes"])) for one in before] == [
            ("shop.customer", 2, 2)
        ]
        migrate.up(database.dsn, "head")
        assert db.execute(edges).fetchall() == [(before,)]
        ((kind,),) = db.execute(b"select pg_typeof(edges)::text from pydb.erasure").fetchall()
        assert kind == "pydb.erasure_edge[]"
        assert db.execute(b"select ok, roots from pydb.erasure_verify()").fetchall() == [(True, 0)]
        copies = db.execute(b"select pydb.erasure_export() -> 'edges'").fetchall()
        assert copies == [(before,)]
        migrate.down(database.dsn, "0005", destroy=True)
        assert db.execute(edges).fetchall() == [(before,)]
        assert db.execute(b"select ok, roots from pydb.erasure_verify()").fetchall() == [(True, 0)]
