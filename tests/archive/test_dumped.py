"""A database with archives is dumped and restored: the books hold there, and what was archived comes back."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import psycopg

from tests.archive.lab import OLD, YOUNG, Lab

if TYPE_CHECKING:
    from tests.servers import TestServer

BOOKS = "select run_id, archive::text, rows, restored, purged from pydb.archive_run order by run_id"


def test_a_dump_brings_archives_and_their_books_along(
    lab: Lab, dsn: str, empty_dsn: str, server: TestServer
) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz, a text, b bytea);
        insert into public.t select i, '{OLD}', repeat('ü', i), decode(repeat('00ff', i), 'hex')
        from generate_series(1, 100) as i;
        insert into public.t values (101, '{YOUNG}')"""
    )
    lab.archives()
    before = lab.bytes()
    assert lab.prune_into_archive() == 100
    dump = subprocess.run([str(server.bin_dir / "pg_dump"), "-Fc", dsn], capture_output=True, check=True)
    restore = [str(server.bin_dir / "pg_restore"), "--exit-on-error", "-d", empty_dsn]
    subprocess.run(restore, input=dump.stdout, capture_output=True, check=True)
    with psycopg.connect(empty_dsn, autocommit=True) as db:
        other = Lab(db)
        assert other.rows(BOOKS) == lab.rows(BOOKS)
        assert other.archived() == 100
        assert sum(step.restored for step in other.restore().values()) == 100
        assert other.bytes() == before
        # the guard came along, and so did the policy
        db.execute("select pydb.guard_allow('the dump of this test')")
        assert other.prune_into_archive() == 100
        assert (other.archived(), other.ids()) == (100, [101])
    assert lab.archived() == 100
