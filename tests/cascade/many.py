"""Schemas for the judge whose tables have many partitions: what is done for all at once must not show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.cascade.fixed import BOTH, ROOT, Fixed

if TYPE_CHECKING:
    from collections.abc import Mapping

# more relations than are named one by one in a statement
PARTS: Final = 12
LAST: Final = 2 * PARTS - 1


def parts(table: str) -> str:
    """A partition for each of the numbers from 0 on."""
    return "".join(f"create table {table}{i} partition of {table} for values in ({i});" for i in range(PARTS))


def child(columns: str, key: str = "part") -> str:
    """Table a, partitioned by a number, empty."""
    return f"create table a (id int, part int, {columns}) partition by list ({key}); {parts('a')}"


# two rows a partition, of which root row 1 has the first
ROWS: Final = (
    f"insert into a (id, part, r) select i, i % {PARTS}, 1 + i / {PARTS} from generate_series(0, {LAST}) i;"
)
# a root with two rows in each partition, of which all with number 1 are to go
ROOTS: Final = f"""create table root (id int, part int, primary key (id, part)) partition by list (part);
    {parts("root")} insert into root select 1 + i / {PARTS}, i % {PARTS} from generate_series(0, {LAST}) i;"""
FIRST: Final = tuple({"id": 1, "part": i} for i in range(PARTS))

MANY: Final[Mapping[str, Fixed]] = {
    "many partitions, cascade": Fixed(
        f"{ROOT} {child('r int references root on delete cascade')} {ROWS}", gone={"root": 1, "a": PARTS}
    ),
    "many partitions, some of them with rows": Fixed(
        f"""{ROOT} {child("r int references root on delete cascade")} {ROWS}
        delete from a3; delete from a7 where r = 1;""",
        gone={"root": 1, "a": PARTS - 2},
    ),
    "many partitions, no action": Fixed(
        f"{ROOT} {child('r int references root')} {ROWS}", refused=True, all_gone={"root": 1, "a": PARTS}
    ),
    "many partitions, set null": Fixed(
        f"{ROOT} {child('r int references root on delete set null')} {ROWS}",
        gone={"root": 1},
        changed={"a": PARTS},
        all_gone={"root": 1, "a": PARTS},
    ),
    "many partitions, set default": Fixed(
        f"{ROOT} {child('r int default 2 references root on delete set default')} {ROWS}",
        gone={"root": 1},
        changed={"a": PARTS},
        all_gone={"root": 1, "a": PARTS},
    ),
    "many partitions, set null moves the rows to one of them": Fixed(
        f"""{ROOT} insert into root select generate_series(3, 30);
        create table a (id int, r int references root on delete set null) partition by list (r);
        {parts("a")} create table a_ partition of a for values in (null);
        insert into a select i, i % {PARTS} from generate_series(0, {LAST}) as i where i % {PARTS} > 0;""",
        gone={"root": 11},
        changed={"a": 22},
        all_gone={"root": 11, "a": 22},
        keys=tuple({"id": i} for i in range(1, PARTS)),
    ),
    "many partitions, two keys that cascade": Fixed(
        f"""{ROOT}
        {child("r int references root on delete cascade, s int references root on delete cascade")}
        {ROWS} update a set s = 1 where id % 3 = 0;""",
        gone={"root": 1, "a": PARTS + PARTS // 3},
    ),
    "many partitions, a key that cascades and one that sets": Fixed(
        f"""{ROOT}
        {child("r int references root on delete cascade, s int references root on delete set null")}
        {ROWS} update a set s = 1 where id % 2 = 0;""",
        gone={"root": 1, "a": PARTS},
        changed={"a": PARTS // 2},
        all_gone={"root": 1, "a": PARTS + PARTS // 2},
    ),
    "many partitions, two keys that set": Fixed(
        f"""{ROOT}
        {child("r int references root on delete set null, s int references root on delete set null")}
        {ROWS} update a set s = 1 where id % 2 = 0;""",
        gone={"root": 1},
        changed={"a": PARTS + PARTS // 2},
        all_gone={"root": 1, "a": PARTS + PARTS // 2},
    ),
    "many partitions that refer to each other": Fixed(
        f"""{ROOT} {child("r int references root on delete cascade, u int, v int, primary key (id, part)")}
        insert into a select i, i % {PARTS}, case when i < {PARTS} then 1 + i % 2 end,
            case when i >= {PARTS} then i - {PARTS} end, case when i >= {PARTS} then i % {PARTS} end
        from generate_series(0, {2 * LAST + 1}) as i;
        alter table a add foreign key (u, v) references a on delete cascade;""",
        gone={"root": 1, "a": 2 * PARTS},
    ),
    "a chain of many partitions": Fixed(
        f"""{ROOT} {child("r int references root on delete cascade, u int, v int, primary key (id, part)")}
        insert into a select i, i % {PARTS}, case i when 0 then 1 end,
            case when i > 0 then i - 1 end, case when i > 0 then (i - 1) % {PARTS} end
        from generate_series(0, 70) as i;
        insert into a values (100, 1, 2, null, null), (101, 2, null, 100, 1);
        alter table a add foreign key (u, v) references a on delete cascade;""",
        gone={"root": 1, "a": 71},
    ),
    "from many partitions to many": Fixed(
        f"""{ROOTS} {child("r int, foreign key (r, part) references root on delete cascade")} {ROWS}""",
        gone={"root": PARTS, "a": PARTS},
        keys=FIRST,
    ),
    "from many partitions to one table, and one partition has its own": Fixed(
        f"""{ROOTS} create table a (id int, r int, part int,
            foreign key (r, part) references root on delete cascade);
        insert into a select i, 1 + i / {PARTS}, i % {PARTS} from generate_series(0, {LAST}) as i;
        create table b (id int, r int, part int, foreign key (r, part) references root5 on delete cascade);
        insert into b values (1, 1, 5), (2, 2, 5);""",
        gone={"root": PARTS, "a": PARTS, "b": 1},
        keys=FIRST,
    ),
    "from many partitions by two keys, one of which sets what the other needs": Fixed(
        f"""{ROOTS} {child("r int")} {ROWS}
        alter table a add foreign key (r, part) references root on delete set null (r);
        create table b (id int primary key, r int, part int,
            foreign key (r, part) references root on delete cascade);
        insert into b select i, 1 + i / {PARTS}, i % {PARTS} from generate_series(0, {LAST}) as i;""",
        gone={"root": PARTS, "b": PARTS},
        changed={"a": PARTS},
        all_gone={"root": PARTS, "a": PARTS, "b": PARTS},
        keys=FIRST,
    ),
    "many partitions below many": Fixed(
        f"""{ROOT} {child("r int references root on delete cascade, primary key (id, part)")} {ROWS}
        create table b (id int, part int, a int, foreign key (a, part) references a on delete cascade)
            partition by list (part); {parts("b")}
        insert into b select i, i % {PARTS}, i % {2 * PARTS} from generate_series(0, {2 * LAST + 1}) as i;""",
        gone={"root": 1, "a": PARTS, "b": 2 * PARTS},
    ),
    "one row of many partitions": Fixed(
        f"""{ROOT} {child("r int references root on delete cascade")}
        insert into a values (1, 1, 1), (2, 2, 2);""",
        gone=BOTH,
    ),
}
