"""A workbench for archive files: a table of every type, an export of it, and what is where."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psycopg

from pydb import errors
from pydb.archive import export, verify
from pydb.archive import target as places
from tests import reuse
from tests.servers import DEADLINE, PAUSE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydb.archive.outcome import Outcome
    from tests.conftest import Connection

# with a column of every odd kind, one that is dropped, and names that ask for quotes
KITCHEN: Final = """
create schema "Ünï code";
create extension if not exists citext;
create type "Ünï code".mood as enum ('gut', 'so ''la la''', 'schlecht');
create domain "Ünï code".positive as numeric check (value > 0);
create type "Ünï code".pair as (a integer, b text);
create table "Ünï code"."Tab le" (
    t integer generated always as identity primary key,
    "at" timestamptz not null,
    gone text,
    "rows" numeric,
    new real,
    k double precision,
    flag boolean,
    padded char(7),
    words varchar(20),
    folded citext,
    raw bytea,
    doc jsonb,
    old_doc json,
    spans tstzrange,
    many tstzmultirange,
    list integer[],
    texts text[],
    feeling "Ünï code".mood,
    feelings "Ünï code".mood[],
    plus "Ünï code".positive,
    paired "Ünï code".pair,
    day date,
    hours interval,
    clock timetz,
    net inet,
    id uuid,
    bits varbit,
    spot point,
    price money,
    seen tsvector,
    twice numeric generated always as ("rows" * 2) stored
);
alter table "Ünï code"."Tab le" drop column gone;
insert into "Ünï code"."Tab le" (
    "at", "rows", new, k, flag, padded, words, folded, raw, doc, old_doc, spans, many, list, texts,
    feeling, feelings, plus, paired, day, hours, clock, net, id, bits, spot, price, seen
) values
(
    now() - interval '60 days', 'NaN', 'Infinity', '-0', true, 'ab', E'tab\\tnew\\nline\\\\N',
    'MiXed', '\\x00ff0a5c',
    '{"a": [1, null, "ü\\\\u0041"]}', '{ "b" :  1 }', '[2024-01-01,infinity)',
    '{[2024-01-01,2024-02-01),[2024-03-01,)}', '{{1,2},{3,null}}', '{"",null,"null","a\\"b\\\\c","{}"}',
    'so ''la la''', '{gut,"so ''la la''"}', 0.00000000000000000001, '(1,"a ""b"" ,c")', '4713-01-01 BC',
    '-1 year -2 mons +3 days -04:05:06.789', '12:34:56.789+05:30', '10.1.2.3/8',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', B'10110', '(1.5,-2e300)', 12.34, 'fat:2 cat:3A'
),
(
    now() - interval '59 days', 'Infinity', 0.1, 1e-310, null, '', E'\\\\.', '', '', 'null', '[]',
    'empty', '{}', '{}', '{}', 'gut', '{}', 12345678901234567890.5, null, 'infinity', '0', '00:00+00',
    '::1', null, B'', null, null, ''
),
(
    now() - interval '58 days', 1e400, '1.17549435e-38', 0.1::float8 + 0.2::float8, false, repeat('ü', 7),
    repeat('€', 20), 'ß', decode(repeat('00ff', 60000), 'hex'),
    (select jsonb_agg(md5(i::text)) from generate_series(1, 4000) as i), null, null, null, null, null,
    null, null, null, null, null, null, null, null, null, null, null, null, null
);
insert into "Ünï code"."Tab le" ("at") values (now());
"""
WAITING: Final = "wait_event_type = 'Lock' and datname = current_database()"
WAITS: Final = f"select exists (select from pg_stat_activity where {WAITING})"
TABLE: Final = '"Ünï code"."Tab le"'


@dataclass
class FileLab:
    """One database, one directory."""

    db: Connection
    dsn: str
    path: Path

    def do(self, statement: str) -> None:
        self.db.execute(statement.encode())

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        return self.db.execute(statement.encode()).fetchall()

    def value(self, statement: str) -> object:
        ((value,),) = self.rows(statement)
        return value

    @property
    def target(self) -> places.Directory:
        return places.Directory(self.path)

    def table(self, rows: int = 1000, more: str = "") -> None:
        """``app.event``: rows 1 to ``rows`` expired, ten young ones behind them; a policy that exports."""
        self.do(
            "create schema if not exists app;"
            " create table app.event (id integer primary key, at timestamptz not null,"
            f" note text{more}); insert into app.event (id, at, note) select i, now() - interval '60 days' +"
            f" i * interval '1 s', 'note ' || i from generate_series(1, {rows}) as i;"
            " insert into app.event (id, at, note) select -i, now(), 'y' from generate_series(1, 10) as i;"
        )
        self.policy("app.event")

    def policy(self, table: str, name: str = "events", more: str = "") -> None:
        more = more or "p_fuse_share => 1"
        statement = f"select pydb.retention_policy_set(%s, %s, 'at', '30 days', p_action => 'export', {more})"
        self.db.execute(statement.encode(), (name, table))

    def export(
        self, policy: str = "events", *, place: places.Target | None = None, **more: object
    ) -> Outcome:
        with reuse.borrowed(self.dsn) as conn, reuse.borrowed(self.dsn) as reader:
            return export.export(conn, reader, policy, place or self.target, **more)  # type: ignore[arg-type]

    def export_until(self, holding: str, then: Callable[[FileLab], None]) -> list[object]:
        """Export in a thread while another session holds what ``holding`` locks; ``then`` is done when that
        is met, and the lock goes. What the export returned, or raised."""
        ends: list[object] = []

        def work() -> None:
            try:
                ends.append(self.export())
            except Exception as error:
                ends.append(error)

        self.do("select pydb.setting_set('lock_timeout', '60 s')")
        with psycopg.connect(self.dsn) as other:
            other.execute(holding.encode())
            thread = threading.Thread(target=work)
            thread.start()
            while not self.value(WAITS):
                assert thread.is_alive(), ends
                time.sleep(PAUSE)
            then(self)
            if not other.closed:
                other.commit()
            thread.join()
        self.do("select pydb.setting_set('lock_timeout', '200 ms')")
        return ends

    def left_behind(self) -> None:
        """An export whose backend was killed between the file and the delete."""

        def kill(files: FileLab) -> None:
            files.do(f"select pg_terminate_backend(pid) from pg_stat_activity where {WAITING}")
            while files.value(WAITS):
                time.sleep(PAUSE)

        (error,) = self.export_until("select from app.event for update", kill)
        assert isinstance(error, errors.DatabaseUnavailable), error
        # its other sessions go when the server sees that; until then it is at work for who comes next
        deadline = time.monotonic() + DEADLINE
        while self.value(
            "select exists (select from pg_stat_activity where datname = current_database()"
            " and application_name like 'pydb%')"
        ):
            assert time.monotonic() < deadline, "a session of the export stays"
            time.sleep(PAUSE)
        assert self.pending() == 1
        assert len(self.in_table()) == int(str(self.value("select max(rows) from pydb.archive_manifest")))

    def verdicts(self) -> dict[str, verify.Result]:
        with reuse.borrowed(self.dsn) as conn:
            return {one.file: one.result for one in verify.of_database(conn, self.target)}

    def files(self) -> list[str]:
        return sorted(entry.name for entry in self.path.iterdir())

    def in_files(self) -> set[int]:
        """The ids in all files of ``app.event``."""
        return {int(line.split(b"\t", 1)[0]) for line in self.lines()}

    def lines(self) -> list[bytes]:
        """The rows in all files, as COPY text."""
        from pydb.archive import files

        return [
            line
            for name in self.files()
            if name.endswith(".copy.zst")
            for line in b"".join(files.read(self.target, name)).splitlines()
        ]

    def in_table(self) -> set[int]:
        return {int(str(number)) for (number,) in self.rows("select id from app.event where id > 0")}

    def pending(self) -> int:
        return int(str(self.value("select count(*) from pydb_internal.archive_chunk")))


def end(outcome: Outcome) -> tuple[str, str | None, int]:
    """State, reason and rows of the run."""
    assert outcome.run is not None
    print(outcome.run.sqlstate, outcome.run.error)  # noqa: T201
    return outcome.run.state, outcome.run.stop_reason, outcome.run.rows_done


__all__ = ["KITCHEN", "TABLE", "FileLab", "end"]
