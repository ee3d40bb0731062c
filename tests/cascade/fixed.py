"""Schemas made by hand for the judge: each is one way in which references go wrong, with its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.cascade.shapes import KeyValue


@dataclass(frozen=True)
class Fixed:
    """A schema, the rows of public.root that are to go, and what becomes of it.

    ``gone`` and ``changed`` count rows by table, ``all_gone`` those that go when every key is taken for
    CASCADE (None: the same); ``refused`` says that the keys as they are stop the delete.
    """

    script: str
    gone: Mapping[str, int] = field(default_factory=dict)
    changed: Mapping[str, int] = field(default_factory=dict)
    all_gone: Mapping[str, int] | None = None
    refused: bool = False
    keys: tuple[Mapping[str, KeyValue], ...] = ({"id": 1},)


ROOT: Final = "create table root (id int primary key); insert into root values (1), (2);"
# a child with one row of each root row
CHILD: Final = f"""{ROOT} create table a (id int primary key, r int default {{default}});
    insert into a values (1, 1), (2, 2);
    alter table a add foreign key (r) references root on delete {{action}};"""
RING: Final = f"""{ROOT} create table a (id int primary key, r int not null);
    create table b (id int primary key, a int not null);
    insert into a values (1, 1), (2, 2); insert into b values (1, 1), (2, 2);
    alter table root add b int; update root set b = id; alter table root alter b set not null;
    alter table a add foreign key (r) references root {{action}};
    alter table b add foreign key (a) references a {{action}};
    alter table root add foreign key (b) references b {{action}};"""
DEFERRED: Final = "on delete no action deferrable initially deferred"
BOTH: Final = {"root": 1, "a": 1}
THREE: Final = {"root": 1, "a": 1, "b": 1}

CASES: Final[Mapping[str, Fixed]] = {
    "E1 composite in another order": Fixed(
        """create table root (x int, y int, primary key (x, y));
        insert into root values (1, 2), (2, 1), (1, 1);
        create table a (id int, p int, q int, foreign key (q, p) references root (y, x) on delete cascade);
        insert into a values (1, 1, 2), (2, 2, 1), (3, 1, 1);""",
        gone=BOTH,
        keys=({"y": 2, "x": 1},),
    ),
    "E2 to a unique key": Fixed(
        """create table root (id int primary key, code text unique);
        insert into root values (1, 'z'), (2, 'y');
        create table a (code text references root (code) on delete cascade, id int);
        insert into a values ('z', 1), ('z', 2), ('y', 3), (null, 4);""",
        gone={"root": 1, "a": 2},
    ),
    "E2 root by a unique key with nulls": Fixed(
        """create table root (id int primary key, code text unique);
        insert into root values (1, 'z'), (2, null), (3, null), (4, 'y');
        create table a (r int references root on delete cascade); insert into a values (1), (2), (3), (4);""",
        gone=BOTH,
        keys=({"code": "z"},),
    ),
    "E2 int to bigint, numeric of another scale": Fixed(
        """create table root (id bigint primary key, n numeric unique);
        insert into root values (1, 1.0), (2, 2.50);
        create table a (r int references root on delete cascade); insert into a values (1), (2);
        create table b (n numeric references root (n) on delete cascade);
        insert into b values (2.5), (1.000);""",
        gone=THREE,
    ),
    "E2 a type that ignores case": Fixed(
        """create extension citext; create table root (id citext primary key);
        insert into root values ('Ab'), ('c');
        create table a (r citext references root on delete cascade); insert into a values ('aB'), ('C');""",
        gone=BOTH,
        keys=({"id": "AB"},),
    ),
    "E2 only the child ignores case": Fixed(
        """create extension citext; create table root (id text primary key);
        insert into root values ('Ab'), ('ab');
        create table a (r citext references root on delete cascade); insert into a values ('Ab'), ('ab');""",
        gone=BOTH,
        keys=({"id": "Ab"},),
    ),
    "E2 a collation of its own": Fixed(
        """create table root (id text collate "C" primary key); insert into root values ('a'), ('b');
        create table a (r text collate "POSIX" references root on delete cascade);
        insert into a values ('a'), ('b');""",
        gone=BOTH,
        keys=({"id": "a"},),
    ),
    "E2 a domain": Fixed(
        """create domain number as int check (value > 0); create table root (id number primary key);
        insert into root values (1), (2);
        create table a (r number references root on delete cascade); insert into a values (1), (2);""",
        gone=BOTH,
    ),
    "E3 two keys to one parent": Fixed(
        f"""{ROOT} create table a (id int, billing int references root on delete cascade,
            shipping int references root on delete cascade);
        insert into a values (1, 1, 1), (2, 1, 2), (3, 2, 1), (4, 2, 2);""",
        gone={"root": 1, "a": 3},
    ),
    "E3 billing goes, shipping is blanked": Fixed(
        f"""{ROOT} create table a (id int, billing int references root on delete cascade,
            shipping int references root on delete set null);
        insert into a values (1, 1, 1), (2, 1, 2), (3, 2, 1), (4, 2, 2);""",
        gone={"root": 1, "a": 2},
        changed={"a": 1},
        all_gone={"root": 1, "a": 3},
    ),
    "E4 a chain of 2000 rows": Fixed(
        """create table root (id int primary key, up int);
        insert into root select i, nullif(i - 1, 0) from generate_series(1, 2000) as i;
        create index on root (up);
        alter table root add foreign key (up) references root on delete cascade;""",
        gone={"root": 1900},
        keys=({"id": 101},),
    ),
    "E4 a row that refers to itself": Fixed(
        """create table root (id int primary key, up int references root);
        insert into root values (1, 1), (2, 2);""",
        gone={"root": 1},
    ),
    "E4 a ring of rows": Fixed(
        """create table root (id int primary key, up int);
        insert into root values (1, 2), (2, 3), (3, 1), (4, 4);
        alter table root add foreign key (up) references root on delete restrict;""",
        refused=True,
        all_gone={"root": 3},
    ),
    "E4 a whole ring of rows": Fixed(
        """create table root (id int primary key, up int);
        insert into root values (1, 2), (2, 3), (3, 1), (4, 4);
        alter table root add foreign key (up) references root;""",
        gone={"root": 3},
        keys=({"id": 3}, {"id": 1}, {"id": 2}),
    ),
    "E5 a ring of three tables, deferred": Fixed(RING.format(action=DEFERRED), refused=True, all_gone=THREE),
    "E5 a ring of three tables, cascade": Fixed(RING.format(action="on delete cascade"), gone=THREE),
    "E5 a ring of two tables, one way deferred": Fixed(
        f"""{ROOT} create table a (id int primary key, r int not null references root on delete cascade);
        insert into a values (1, 1), (2, 2);
        alter table root add a int; update root set a = id; alter table root alter a set not null;
        alter table root add foreign key (a) references a deferrable initially deferred;""",
        gone=BOTH,
    ),
    "E6 no action": Fixed(CHILD.format(action="no action", default="null"), refused=True, all_gone=BOTH),
    "E6 restrict": Fixed(CHILD.format(action="restrict", default="null"), refused=True, all_gone=BOTH),
    "E6 no action, deferred": Fixed(
        CHILD.format(action="no action deferrable initially deferred", default="null"),
        refused=True,
        all_gone=BOTH,
    ),
    "E6 cascade": Fixed(CHILD.format(action="cascade", default="null"), gone=BOTH),
    "E6 set null": Fixed(
        CHILD.format(action="set null", default="null"), gone={"root": 1}, changed={"a": 1}, all_gone=BOTH
    ),
    "E6 set default that is there": Fixed(
        CHILD.format(action="set default", default="2"), gone={"root": 1}, changed={"a": 1}, all_gone=BOTH
    ),
    "E6 set default that is not there": Fixed(
        CHILD.format(action="set default", default="3"), refused=True, all_gone=BOTH
    ),
    "E6 set default that goes as well": Fixed(
        CHILD.format(action="set default", default="1"), refused=True, all_gone=BOTH
    ),
    "E6 set default without a default": Fixed(
        CHILD.format(action="set default", default="null"),
        gone={"root": 1},
        changed={"a": 1},
        all_gone=BOTH,
    ),
    # a default is what it is worth, not what its text looks like
    "E6 set default to a text that looks like a null": Fixed(
        """create table root (id int primary key, code text unique);
        insert into root values (1, 'z'), (2, 'null::text');
        create table a (id int, code text default 'null::text' references root (code) on delete set default);
        insert into a values (1, 'z'), (2, 'null::text');""",
        gone={"root": 1},
        changed={"a": 1},
        all_gone=BOTH,
    ),
    "E6 set default to such a text that is not there": Fixed(
        """create table root (id int primary key, code text unique);
        insert into root values (1, 'z'), (2, 'y');
        create table a (id int, code text default 'null::text' references root (code) on delete set default);
        insert into a values (1, 'z'), (2, 'y');""",
        refused=True,
        all_gone=BOTH,
    ),
    "E6 set default to a null that is written otherwise": Fixed(
        """create table root (id int primary key, code varchar(9) unique);
        insert into root values (1, 'z'), (2, 'y');
        create table a (id int, code varchar(9) default null::varchar(5) references root (code)
            on delete set default);
        create table b (id int, code varchar(9) default nullif('x', 'x') references root (code)
            on delete set default);
        insert into a values (1, 'z'), (2, 'y'); insert into b values (1, 'z'), (2, 'y');""",
        gone={"root": 1},
        changed={"a": 1, "b": 1},
        all_gone=THREE,
    ),
    "E6 set null of one column": Fixed(
        """create table root (t int, id int, primary key (t, id)); insert into root values (7, 1), (7, 2);
        create table a (t int not null, r int, n int,
            foreign key (t, r) references root on delete set null (r));
        insert into a values (7, 1, 1), (7, 2, 2), (7, null, 3);""",
        gone={"root": 1},
        changed={"a": 1},
        all_gone=BOTH,
        keys=({"t": 7, "id": 1},),
    ),
    "E6 set null of a key that others refer to": Fixed(
        f"""{ROOT} create table a (id int primary key, r int unique references root on delete set null);
        create table b (id int primary key, r int references a (r)); insert into a values (1, 1), (2, 2);
        insert into b values (1, 1), (2, 2);""",
        refused=True,
        all_gone=THREE,
    ),
    "E7 set null onto not null": Fixed(
        CHILD.format(action="set null", default="null") + "alter table a alter r set not null;",
        refused=True,
        all_gone=BOTH,
    ),
    "E7 set default without one onto not null": Fixed(
        CHILD.format(action="set default", default="null") + "alter table a alter r set not null;",
        refused=True,
        all_gone=BOTH,
    ),
    "E7 set null onto a primary key, no row": Fixed(
        f"""{ROOT} create table a (r int primary key references root on delete set null);
        insert into a values (2);""",
        gone={"root": 1},
    ),
    "E8 match simple, partly null": Fixed(
        """create table root (x int, y int, primary key (x, y)); insert into root values (1, 1), (1, 2);
        create table a (id int, x int, y int, foreign key (x, y) references root on delete cascade);
        insert into a values (1, 1, 1), (2, 1, null), (3, null, 1), (4, null, null), (5, 8, null);""",
        gone=BOTH,
        keys=({"x": 1, "y": 1},),
    ),
    "E8 match full": Fixed(
        """create table root (x int, y int, primary key (x, y)); insert into root values (1, 1), (1, 2);
        create table a (id int, x int, y int,
            foreign key (x, y) references root match full on delete set null);
        insert into a values (1, 1, 1), (2, 1, 2), (3, null, null);""",
        gone={"root": 1},
        changed={"a": 1},
        all_gone=BOTH,
        keys=({"x": 1, "y": 1},),
    ),
    "E8 match full, one column set null": Fixed(
        """create table root (x int, y int, primary key (x, y)); insert into root values (1, 1), (1, 2);
        create table a (id int, x int, y int,
            foreign key (x, y) references root match full on delete set null (y));
        insert into a values (1, 1, 1), (2, 1, 2), (3, null, null);""",
        refused=True,
        all_gone=BOTH,
        keys=({"x": 1, "y": 1},),
    ),
    "E9 not valid, with violations": Fixed(
        f"""{ROOT} create table a (id int, r int); insert into a values (1, 1), (2, 2), (3, 3);
        alter table a add foreign key (r) references root on delete cascade not valid;""",
        gone=BOTH,
    ),
    "E9 not valid, no action": Fixed(
        f"""{ROOT} create table a (id int, r int); insert into a values (2, 2), (3, 3);
        alter table a add foreign key (r) references root not valid;""",
        gone={"root": 1},
    ),
    "E10 a key on one partition": Fixed(
        f"""{ROOT} create table a (id int, r int) partition by list (id);
        create table a1 partition of a for values in (1, 2);
        create table a2 partition of a for values in (3, 4);
        insert into a values (1, 1), (2, 2), (3, 1), (4, 2);
        alter table a1 add foreign key (r) references root on delete cascade;""",
        gone=BOTH,
    ),
    "E11 from a partitioned table": Fixed(
        f"""{ROOT} create table a (id int, r int references root on delete cascade) partition by range (id);
        create table a1 partition of a for values from (0) to (3) partition by hash (id);
        create table a11 partition of a1 for values with (modulus 2, remainder 0);
        create table a12 partition of a1 for values with (modulus 2, remainder 1);
        create table a2 (r int, id int); alter table a attach partition a2 default;
        insert into a values (1, 1), (2, 1), (3, 2), (4, 1), (null, 1);""",
        gone={"root": 1, "a": 4},
    ),
    "E11 to a partitioned table": Fixed(
        """create table root (t int, id int, primary key (t, id)) partition by list (t);
        create table root1 partition of root for values in (1);
        create table root2 (gone int, id int not null, t int not null); alter table root2 drop gone;
        alter table root attach partition root2 for values in (2);
        create table a (id int, t int, r int, foreign key (t, r) references root on delete cascade);
        create table b (id int, t int, r int,
            foreign key (t, r) references root2 (t, id) on delete set null);
        insert into root values (1, 1), (1, 2), (2, 1), (2, 2);
        insert into a select row_number() over (), t, id from root;
        insert into b values (1, 2, 1), (2, 2, 2);""",
        gone={"root": 2, "a": 2},
        changed={"b": 1},
        all_gone={"root": 2, "a": 2, "b": 1},
        keys=({"t": 1, "id": 1}, {"t": 2, "id": 1}),
    ),
    "E11 a partition of another table refers to it, too": Fixed(
        """create table root (id int, up int, primary key (id)) partition by range (id);
        create table low partition of root for values from (minvalue) to (10);
        create table high partition of root for values from (10) to (maxvalue);
        insert into root values (1, null), (2, 1), (11, 1), (12, 2), (3, 11);
        alter table root add foreign key (up) references root on delete cascade;""",
        gone={"root": 5},
    ),
    "E11 set null moves a row to another partition": Fixed(
        f"""{ROOT} create table a (id int, r int references root on delete set null) partition by list (r);
        create table a1 partition of a for values in (1); create table a2 partition of a default;
        insert into a values (1, 1), (2, 2), (3, 1);""",
        gone={"root": 1},
        changed={"a": 2},
        all_gone={"root": 1, "a": 2},
    ),
    "E11 set null, and no partition takes it": Fixed(
        f"""{ROOT} create table a (id int, r int references root on delete set null) partition by list (r);
        create table a1 partition of a for values in (1); create table a2 partition of a for values in (2);
        insert into a values (1, 1), (2, 2), (3, 1);""",
        refused=True,
        all_gone={"root": 1, "a": 2},
    ),
    "E11 a table that inherits has no key": Fixed(
        f"""{ROOT} create table a (id int, r int references root on delete cascade);
        create table heir () inherits (a);
        insert into a values (1, 1), (2, 2); insert into heir values (3, 1);""",
        gone=BOTH,
    ),
    "keys twice, and one that does not exist": Fixed(
        CHILD.format(action="cascade", default="null"), gone=BOTH, keys=({"id": 1}, {"id": 5}, {"id": 1})
    ),
    "a key that does not exist": Fixed(CHILD.format(action="no action", default="null"), keys=({"id": 5},)),
}
