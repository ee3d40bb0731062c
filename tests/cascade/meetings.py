"""More schemas made by hand for the judge: two keys meet in one row, and PostgreSQL's order decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.cascade.fixed import BOTH, DEFERRED, ROOT, THREE, Fixed

if TYPE_CHECKING:
    from collections.abc import Mapping

TWICE: Final = f"""{ROOT} create table a (id int primary key, r int);
    insert into a values (1, 1), (2, 2);
    alter table a add foreign key (r) references root on delete {{first}};
    alter table a add foreign key (r) references root on delete {{second}};"""
TENANT: Final = f"""{ROOT}
    create table a (id int primary key, r int references root on delete cascade);
    create table b (id int primary key, a int references a on delete cascade, r int);
    insert into a values (1, 1), (2, 2); insert into b values (1, 1, 1), (2, 2, 2);
    alter table b add foreign key (r) references root {{back}};"""
# two ways of one length from root to b; whose key came first decides whose trigger fires first
DIAMOND: Final = f"""{ROOT}
    create table a (id int primary key, r int); create table b (id int primary key, r int, a int);
    insert into a values (1, 1), (2, 2); insert into b values (1, 1, 1), (2, 2, 2);
    alter table a add foreign key (r) references root on delete cascade;
    alter table b add foreign key (r) references root on delete cascade;
    alter table b add foreign key (a) references a {{back}};"""
MEETINGS: Final[Mapping[str, Fixed]] = {
    "E3 declared twice": Fixed(TWICE.format(first="cascade", second="cascade"), gone=BOTH),
    "E3 cascade, then no action": Fixed(TWICE.format(first="cascade", second="no action"), gone=BOTH),
    "E3 no action, then cascade": Fixed(
        TWICE.format(first="no action", second="cascade"), refused=True, all_gone=BOTH
    ),
    "E3 cascade, then restrict": Fixed(TWICE.format(first="cascade", second="restrict"), gone=BOTH),
    "E3 restrict, then cascade": Fixed(
        TWICE.format(first="restrict", second="cascade"), refused=True, all_gone=BOTH
    ),
    "E3 set null, then cascade": Fixed(
        TWICE.format(first="set null", second="cascade"), gone={"root": 1}, changed={"a": 1}, all_gone=BOTH
    ),
    "E3 cascade, then set null": Fixed(TWICE.format(first="cascade", second="set null"), gone=BOTH),
    "tenant, no action: the server looks too early": Fixed(
        TENANT.format(back="on delete no action"), refused=True, all_gone=THREE
    ),
    "tenant, restrict": Fixed(TENANT.format(back="on delete restrict"), refused=True, all_gone=THREE),
    "tenant, deferred": Fixed(TENANT.format(back=DEFERRED), gone=THREE),
    "tenant, set null on the short way": Fixed(TENANT.format(back="on delete set null"), gone=THREE),
    "diamond, no action at one depth": Fixed(DIAMOND.format(back="on delete no action"), gone=THREE),
    "diamond, restrict at one depth": Fixed(DIAMOND.format(back="on delete restrict"), gone=THREE),
    "diamond, set null at one depth": Fixed(DIAMOND.format(back="on delete set null"), gone=THREE),
    "diamond, blanked before the cascade comes": Fixed(
        """create table root (t int, id int, primary key (t, id)); insert into root values (7, 1), (7, 2);
        create table a (t int, id int, r int, primary key (t, id));
        create table b (id int primary key, t int, r int, a int);
        insert into a values (7, 1, 1), (7, 2, 2); insert into b values (1, 7, 1, 1), (2, 7, 2, 2);
        alter table a add foreign key (t, r) references root on delete cascade;
        alter table b add foreign key (t, r) references root on delete set null;
        alter table b add foreign key (t, a) references a on delete cascade;""",
        gone={"root": 1, "a": 1},
        changed={"b": 1},
        all_gone=THREE,
        keys=({"t": 7, "id": 1},),
    ),
    "two set null with a column in common": Fixed(
        """create table root (t int, id int, primary key (t, id)); insert into root values (7, 1), (7, 2);
        create table b (n int primary key, t int, x int, y int,
            foreign key (t, x) references root on delete set null,
            foreign key (t, y) references root on delete set null);
        insert into b values (1, 7, 1, 1), (2, 7, 1, 2), (3, 7, 2, 1), (4, 7, 2, 2);""",
        gone={"root": 1},
        changed={"b": 3},
        all_gone={"root": 1, "b": 3},
        keys=({"t": 7, "id": 1},),
    ),
    "set null takes away what a cascade would follow": Fixed(
        """create table root (t int, id int, primary key (t, id)); insert into root values (7, 1), (7, 2);
        create table b (n int primary key, t int, x int, y int,
            foreign key (t, x) references root on delete set null,
            foreign key (t, y) references root on delete cascade);
        insert into b values (1, 7, 1, 1), (2, 7, 1, 2), (3, 7, 2, 1), (4, 7, 2, 2);""",
        gone={"root": 1, "b": 1},
        changed={"b": 2},
        all_gone={"root": 1, "b": 3},
        keys=({"t": 7, "id": 1},),
    ),
    "set default onto a row that goes later": Fixed(
        f"""{ROOT} create table a (id int primary key, r int default 2 references root on delete set default);
        insert into a values (1, 1), (2, 2);""",
        gone={"root": 2},
        refused=True,
        all_gone={"root": 2, "a": 2},
        keys=({"id": 1}, {"id": 2}),
    ),
    "a ring between root and a row that is blanked": Fixed(
        """create table root (id int primary key, a int); create table a (r int unique);
        insert into root values (1, 1), (2, null); insert into a values (1);
        alter table root add foreign key (a) references a (r);
        alter table a add foreign key (r) references root on delete set null;""",
        gone={"root": 1},
        changed={"a": 1},
        all_gone=BOTH,
    ),
    "set null, then no action": Fixed(
        TWICE.format(first="set null", second="no action"), gone={"root": 1}, changed={"a": 1}, all_gone=BOTH
    ),
    "no action, then set null": Fixed(
        TWICE.format(first="no action", second="set null"), refused=True, all_gone=BOTH
    ),
    "set null, and no action deferred": Fixed(
        TWICE.format(first="no action deferrable initially deferred", second="set null"),
        gone={"root": 1},
        changed={"a": 1},
        all_gone=BOTH,
    ),
    "set default onto nothing before a longer cascade comes": Fixed(
        f"""{ROOT} create table a (id int primary key, r int);
        create table b (id int primary key, a int, r int default 9);
        insert into a values (1, 1); insert into b values (1, 1, 1);
        alter table b add foreign key (r) references root on delete set default;
        alter table a add foreign key (r) references root on delete cascade;
        alter table b add foreign key (a) references a on delete cascade;""",
        refused=True,
        all_gone=THREE,
    ),
    "set null onto not null before a longer cascade comes": Fixed(
        TENANT.format(back="on delete set null") + "alter table b alter r set not null;",
        refused=True,
        all_gone=THREE,
    ),
    "set null onto not null of a row that a cascade takes first": Fixed(
        TWICE.format(first="cascade", second="set null") + "alter table a alter r set not null;", gone=BOTH
    ),
    "set null onto not null of a row that a cascade takes too late": Fixed(
        TWICE.format(first="set null", second="cascade") + "alter table a alter r set not null;",
        refused=True,
        all_gone=BOTH,
    ),
    "a cascade takes what a third key would keep": Fixed(
        f"""{ROOT} create table a (x int, y int); insert into a values (1, 1);
        alter table a add foreign key (x) references root on delete cascade;
        alter table a add foreign key (x) references root on delete set null;
        alter table a add foreign key (y) references root;""",
        gone=BOTH,
    ),
    "set default of another width onto what goes": Fixed(
        f"""{ROOT} create table a (r bigint default 1); insert into a values (1);
        alter table a add foreign key (r) references root on delete set default;""",
        refused=True,
        all_gone=BOTH,
    ),
    "set default of a column that another key needs": Fixed(
        """create table root (t int, id int, primary key (t, id)); create table b (t int, id int,
            primary key (t, id));
        create table a (t int default 8, r int, o int);
        insert into root values (7, 1), (8, 1); insert into b values (7, 1); insert into a values (7, 1, 1);
        alter table a add foreign key (t, r) references root on delete set default (t);
        alter table a add foreign key (t, o) references b;""",
        refused=True,
        all_gone=BOTH,
        keys=({"t": 7, "id": 1},),
    ),
    "set null of a column that another key needs in full": Fixed(
        """create table root (t int, id int, primary key (t, id)); create table b (t int, id int,
            primary key (t, id));
        create table a (t int, r int, o int);
        insert into root values (7, 1); insert into b values (7, 1); insert into a values (7, 1, 1);
        alter table a add foreign key (t, r) references root on delete set null;
        alter table a add foreign key (t, o) references b match full;""",
        refused=True,
        all_gone=BOTH,
        keys=({"t": 7, "id": 1},),
    ),
}
