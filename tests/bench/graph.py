"""Cascades and orphan scans against ON DELETE CASCADE, the bare anti-join and VALIDATE CONSTRAINT."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests import servers
from tests.bench.figures import timed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.arena import Arena, Connection

ROWS: Final = 300_000
# two families of the same size, of which one is deleted: 100, 2 900, 27 000 and 270 000 rows
FAMILY: Final = """
create table a (id integer primary key, v text);
create table b (id integer primary key, a integer references a on delete cascade, v text);
create table c (id integer primary key, b integer references b on delete cascade, v text);
create table d (id integer primary key, c integer references c on delete cascade, v text);
insert into a select i, repeat('x', 60) from generate_series(1, 200) as i;
insert into b select i, 1 + i % 200, repeat('x', 60) from generate_series(1, 5800) as i;
insert into c select i, 1 + i % 5800, repeat('x', 60) from generate_series(1, 54000) as i;
insert into d select i, 1 + i % 54000, repeat('x', 60) from generate_series(1, 540000) as i;
create index b_a_idx on b (a);
create index c_b_idx on c (b);
create index d_c_idx on d (c);
create table warm (id integer primary key, up integer references warm on delete cascade);
create index on warm (up);
insert into warm values (1, null), (2, 1);
vacuum (analyze)
"""
PAIR: Final = """
create table c (id integer primary key, v text);
create table d (id integer primary key, c integer, v text);
insert into c select i, repeat('x', 60) from generate_series(1, 400000) as i;
insert into d select i, 1 + i % 400000, repeat('x', 60) from generate_series(1, 2000000) as i;
alter table d add constraint d_c_fkey foreign key (c) references c on delete cascade not valid;
create table warm (id integer primary key, up integer references warm);
vacuum (analyze)
"""
KEYS: Final = "(select jsonb_agg(jsonb_build_object('id', i)) from generate_series(1, 100) as i)"
DELETE: Final = f"select sum(done) from pydb.cascade_delete('public.a', {KEYS}, p_allow_unindexed => true)"
PLAN: Final = f"select sum(rows) from pydb.cascade_plan('public.a', {KEYS})"
NATIVE: Final = "delete from a where id between 1 and 100"
WARM: Final = """select count(*) from pydb.cascade_delete('public.warm', '[{"id": 1}]')"""


def _wide() -> str:
    """Statements: 1 000 tables with keys to the one before and the one before that (1 997 keys)."""
    lines = []
    for i in range(1, 1001):
        lines.append(f"create table w{i} (id integer primary key, x integer, y integer)")
        if i > 1:
            lines.append(f"alter table w{i} add foreign key (x) references w{i - 1} on delete cascade")
            lines.append(f"create index on w{i} (x)")
        if i > 2:
            lines.append(f"alter table w{i} add foreign key (y) references w{i - 2}")
            lines.append(f"create index on w{i} (y)")
    lines += [f"insert into w{i} values (1, {x})" for i, x in ((990, "null"), (991, 1), (992, 1))]
    return ";\n".join([*lines, "vacuum (analyze)"])


def _parts(table: str, count: int) -> list[str]:
    return [f"create table {table}_{i} partition of {table} for values in ({i})" for i in range(count)]


def parts(count: int, *, both: bool = False) -> str:
    """Statements: a child of that many partitions with 10 rows each under one parent row, or (both) under one
    row in each of as many partitions of the parent."""
    columns, key = ("id integer, part integer", "id, part") if both else ("id integer", "id")
    below = "root, part" if both else "root"
    lines = [
        f"create table p ({columns}, primary key ({key})){' partition by list (part)' if both else ''}",
        *(_parts("p", count) if both else ()),
        f"insert into p select i{', j' if both else ''} from generate_series(1, 2) as i"
        + (f", generate_series(0, {count - 1}) as j" if both else ""),
        "create table q (id integer, root integer, part integer) partition by list (part)",
        f"alter table q add foreign key ({below}) references p on delete cascade",
        f"create index on q ({below})",
        *_parts("q", count),
        f"insert into q select i, 1, i % {count} from generate_series(0, {10 * count - 1}) as i",
        "vacuum (analyze)",
    ]
    return ";\n".join(lines)


def partitions(arena: Arena, count: int, routine: str | None, *, both: bool = False) -> float:
    """Seconds of a routine, or (None) of a plain DELETE, on what :func:`parts` made; taken back."""
    with arena.connect(f"parts_{count}{'_both' if both else ''}") as connection:
        connection.execute("select count(*) from pydb.cascade_plan('public.p', '[]')")
        keys = connection.execute("select jsonb_agg(to_jsonb(p))::text from p where id = 1").fetchone()
        found: list[object] = []
        with connection.transaction(force_rollback=True):
            if routine is None:
                return timed(lambda: connection.execute("delete from p where id = 1"))
            call = f"select sum(rows) from pydb.{routine}('public.p', %s::jsonb)".encode()
            seconds = timed(lambda: found.extend(connection.execute(call, keys).fetchone() or ()))
        if found != [10 * count + (count if both else 1)]:
            raise AssertionError(f"{found} rows in {count} partitions")
        return seconds


def build(arena: Arena, name: str, script: str) -> None:
    """Make a template with pydb in it from a script."""
    with arena.connect("postgres") as connection:
        connection.execute(f"create database {name}")
    servers.install(arena.server.dsn(name))
    with arena.connect(name) as connection:
        for statement in script.strip().split(";\n"):
            connection.execute(statement)


def delete(arena: Arena, *, ours: bool, drop: str | None = None, cure: bool = False) -> float:
    """Seconds of the delete of one family by pydb or by PostgreSQL, without an index, or cured."""
    with arena.copy("family") as name, arena.connect(name) as connection:
        if drop:
            connection.execute(f"drop index {drop}")
        if cure:
            connection.execute(_cure(connection))
            connection.execute("analyze")
        if not ours:
            return timed(lambda: connection.execute(NATIVE))
        connection.execute(WARM)
        found: list[object] = []
        seconds = timed(lambda: found.extend(connection.execute(DELETE).fetchone() or ()))
        if found != [ROWS]:
            raise AssertionError(f"{found} rows went")
        return seconds


def plan(arena: Arena) -> float:
    """Seconds of the plan for one family, in a session that has planned before."""
    with arena.copy("family") as name, arena.connect(name) as connection:
        connection.execute(PLAN.replace("100)", "1)"))
        found: list[object] = []
        seconds = timed(lambda: found.extend(connection.execute(PLAN).fetchone() or ()))
        if found != [ROWS]:
            raise AssertionError(f"{found} rows planned")
        return seconds


def wide(arena: Arena) -> Iterator[float]:
    """Seconds of a small plan in a schema of a thousand tables: a first and a second one of a session."""
    build(arena, "wide", _wide())
    with arena.connect("wide") as connection:
        for _ in range(2):
            yield timed(
                lambda: connection.execute(
                    """select * from pydb.cascade_plan('public.w990', '[{"id": 1}]')"""
                ).fetchall()
            )
    arena.drop("wide")


def scan(arena: Arena) -> tuple[float, float, float]:
    """Seconds of orphan_scan of one reference, of the bare anti-join, and of VALIDATE CONSTRAINT."""
    with arena.copy("pair") as name, arena.connect(name) as connection:
        connection.execute("select * from pydb.orphan_scan('public.warm.warm_up_fkey')").fetchall()
        bare = "select count(*) from d where c is not null and not exists (select 1 from c where c.id = d.c)"
        connection.execute(bare)
        anti_join = timed(lambda: connection.execute(bare).fetchall())
        ours = timed(
            lambda: connection.execute("select * from pydb.orphan_scan('public.d.d_c_fkey')").fetchall()
        )
        validation = timed(lambda: connection.execute("alter table d validate constraint d_c_fkey"))
        return ours, anti_join, validation


def _cure(connection: Connection) -> str:
    """The statement that the plan prints for the missing index."""
    rows = connection.execute(
        f"select cure from pydb.cascade_plan('public.a', {KEYS}) where not indexed"
    ).fetchall()
    if len(rows) != 1 or not str(rows[0][0]).startswith("create index concurrently"):
        raise AssertionError(f"the plan does not name the missing index: {rows}")
    return str(rows[0][0])
