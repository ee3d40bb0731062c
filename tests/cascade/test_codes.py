"""Each warning of a plan has a code, one of a closed list, and what decides reads the code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from tests.cascade.site import ONE, Site, only
from tests.docs.pages import ROOT
from tests.retention.lab import refused

if TYPE_CHECKING:
    from tests.conftest import RoleFactory

R: Final = "create table public.r (id int primary key); insert into public.r values (1), (2);"
KEY: Final = "public.c.k"
FOREIGN: Final = """create foreign data wrapper nothing; create server far foreign data wrapper nothing;
    create table public.c (id int, r int) partition by list (id);
    create foreign table public.c1 partition of public.c for values in (1) server far;
    select pydb.reference_set('public.c', '{r}', 'public.r', '{id}', 'cascade')"""


def child(action: str, column: str = "r int", more: str = "") -> str:
    """Table c with one row of root row 1, and an index."""
    return f"""{R} create table public.c (id int, {column});
        insert into public.c (id, r) values (1, 1); create index on public.c (r);
        alter table public.c add constraint k foreign key (r) references public.r
            on delete {action} {more};"""


# what makes a plan for row 1 say it: script, reference (None: the root), codes, whether it blocks
SAID: Final = {
    "nothing": (child("cascade"), KEY, [], False),
    "row of a rule": (
        f"{child('cascade')} create rule keep as on delete to public.c do instead nothing",
        *(KEY, ["rule"], True),
    ),
    "publication": (
        f"{child('cascade')} create publication all_of_it for table public.c",
        *(KEY, ["publication"], True),
    ),
    "foreign_table": (f"{R} {FOREIGN}", "public.c.r_ref", ["foreign_table", "unindexed"], True),
    "outside": (child("no action"), KEY, ["outside"], True),
    "early": (
        f"""{child("no action")}
        create table public.b (id int primary key, r int references public.r on delete cascade);
        insert into public.b values (1, 1); create index on public.b (r);
        create table public.d (id int primary key, b int references public.b on delete cascade);
        insert into public.d values (1, 1); create index on public.d (b);
        alter table public.c add d int references public.d on delete cascade;
        update public.c set d = 1; create index on public.c (d)""",
        *(KEY, ["early"], True),
    ),
    "not_null": (child("set null", "r int not null"), KEY, ["not_null"], True),
    "not_null, without a default": (child("set default", "r int not null"), KEY, ["not_null"], True),
    "match_full": (
        """create table public.r (id int, a int, primary key (id, a)); insert into public.r values (1, 1);
        create table public.c (r int, a int); insert into public.c values (1, 1);
        create index on public.c (r, a);
        alter table public.c add constraint k foreign key (r, a) references public.r match full
            on delete set null (a)""",
        *(KEY, ["match_full"], True),
    ),
    "no_default": (child("set default", "r int default 7"), KEY, ["no_default"], True),
    "check": (
        child("set null") + "alter table public.c add check (r is not null or id > 1)",
        *(KEY, ["check"], True),
    ),
    "check, of both that set a row": (
        child("set null")
        + """alter table public.c add q int constraint q references public.r on delete set null,
            add check (r is not null or q is not null); update public.c set q = 1;
        create index on public.c (q)""",
        *(KEY, ["check"], True),
    ),
    "check, not of a row that keeps it": (
        child("set null") + "alter table public.c add check (r is not null or id < 2)",
        *(KEY, [], False),
    ),
    "check, older rows do not meet it": (
        child("set null") + "alter table public.c add check (id > 9) not valid",
        *(KEY, ["check"], True),
    ),
    "check of a domain": (
        "create domain public.n as int check (value is not null); " + child("set null", "r public.n"),
        *(KEY, ["check"], True),
    ),
    "check of a domain over one that is not null": (
        "create domain public.m as int not null; create domain public.n as public.m; "
        + child("set null", "r public.n"),
        *(KEY, ["check"], True),
    ),
    "check of a partition": (
        f"""{R} create table public.c (id int, r int, constraint k foreign key (r) references public.r
            on delete set null) partition by list (id);
        create table public.c1 partition of public.c for values in (1); create index on public.c (r);
        alter table public.c1 add check (r is not null); insert into public.c values (1, 1)""",
        *(KEY, ["check"], True),
    ),
    "unique, a default that is taken": (
        child("set default", "r int default 2 unique") + "insert into public.c values (2, 2)",
        *(KEY, ["unique"], True),
    ),
    "unique, nulls not distinct": (
        child("set null", "r int unique nulls not distinct") + "insert into public.c values (2, null)",
        *(KEY, ["unique"], True),
    ),
    "unique, others differ": (
        child("set default", "r int default 2")
        + """create unique index on public.c (r, id);
        insert into public.c values (2, 2)""",
        *(KEY, [], False),
    ),
    "partition": (
        f"""{R} create table public.c (id int, r int, constraint k foreign key (r) references public.r
            on delete set null) partition by list (r);
        create table public.c1 partition of public.c for values in (1); create index on public.c (r);
        insert into public.c values (1, 1)""",
        *(KEY, ["partition"], True),
    ),
    "partition, there is one": (
        f"""{R} create table public.c (id int, r int, constraint k foreign key (r) references public.r
            on delete set null) partition by list (r);
        create table public.c1 partition of public.c for values in (1); create index on public.c (r);
        create table public.c2 partition of public.c default; insert into public.c values (1, 1)""",
        *(KEY, ["order"], False),
    ),
    "partition, a default one alone": (
        f"""{R} create table public.c (id int, r int, constraint k foreign key (r) references public.r
            on delete set null) partition by list (r);
        create table public.c1 partition of public.c default; create index on public.c (r);
        insert into public.c values (1, 1)""",
        *(KEY, ["order"], False),
    ),
    "partition by an expression": (
        f"""{R} create table public.c (id int, r int, constraint k foreign key (r) references public.r
            on delete set null) partition by list ((r % 2));
        create table public.c1 partition of public.c for values in (1); create index on public.c (r);
        insert into public.c values (1, 1)""",
        *(KEY, ["untried"], False),
    ),
    "untried, a check that divides": (
        child("set null")
        + "alter table public.c add q int default 0, add check (r is not null or 1 / q > 0)",
        *(KEY, ["untried"], False),
    ),
    "untried": (
        child("set default", "r int default 2") + "alter table public.c add exclude (r with =)",
        *(KEY, ["untried"], False),
    ),
    "untried, code of somebody": (
        """create function public.f(int) returns boolean language sql immutable as 'select true'; """
        + child("set null")
        + "alter table public.c add check (public.f(r))",
        *(KEY, ["untried"], False),
    ),
    "untried, computed": (
        child("set null")
        + """alter table public.c add g int generated always as (coalesce(r, 0)) stored,
            add check (g < 9)""",
        *(KEY, ["untried"], False),
    ),
    "order": (
        f"""{child("set null", "r int unique")} create table public.d (r int references public.c (r));
        create index on public.d (r)""",
        *(KEY, ["order"], False),
    ),
    "trigger": (
        f"""{child("cascade")}
        create function public.f() returns trigger language plpgsql as $$ begin return null; end $$;
        create trigger t after delete on public.c for each row execute function public.f()""",
        *(KEY, ["trigger"], False),
    ),
    "unindexed": (f"{child('cascade')} drop index public.c_r_idx", KEY, ["unindexed"], False),
    "not_enforced": (
        f"""{child("cascade")} alter table public.r disable trigger all;
        alter table public.c disable trigger all""",
        *(KEY, ["not_enforced"], False),
    ),
    "not_valid": (child("cascade", more="not valid"), KEY, ["not_valid"], False),
    "uncovered": (
        f"""{R} create table public.p (id int, r int) partition by list (id);
        create table public.c partition of public.p for values in (1);
        create table public.o partition of public.p default; create index on public.p (r);
        alter table public.c add constraint k foreign key (r) references public.r on delete cascade""",
        *(KEY, ["uncovered"], False),
    ),
    "inherited": (f"{R} create table public.heir () inherits (public.r)", None, ["inherited"], False),
    "heirs": (
        f"{R} create table public.heir () inherits (public.r); insert into public.heir values (1)",
        *(None, ["inherited", "heirs"], False),
    ),
    "several": (
        f"""{child("cascade", more="not valid")} drop index public.c_r_idx;
        create rule keep as on delete to public.c do instead nothing""",
        *(KEY, ["rule", "unindexed", "not_valid"], True),
    ),
}
# said by other tests, which need a role or a server of their own
ELSEWHERE: Final = {
    *("privilege", "row_security", "locks", "superuser", "heirs"),
    *("archived", "unlinked", "unarchivable", "purge"),
}


@pytest.mark.parametrize("name", SAID)
def test_what_a_plan_says_has_a_code(site: Site, name: str) -> None:
    script, via, codes, blocks = SAID[name]
    site.do(script)
    keys = {"id": 1, "a": 1} if name == "match_full" else ONE
    step = only(site.plan("public.r", keys), via)
    assert (step.codes, step.action == "blocked") == (codes, blocks)
    assert (step.warning is None) is (codes == [])


def test_the_list_of_codes_is_closed_and_documented(site: Site) -> None:
    said = {code for _, _, codes, _ in SAID.values() for code in codes} | ELSEWHERE
    comment = site.value(
        """select col_description(t.typrelid, a.attnum) from pg_type as t
        join pg_attribute as a on a.attrelid = t.typrelid and a.attname = 'codes'
        where t.oid = 'pydb.cascade_step'::regtype"""
    )
    listed = re.sub(r"\([^)]*\)", "", str(comment)).partition("privilege")
    assert set(re.findall(r"\b[a-z_]+\b", re.sub(r"Blocking|To know", "", "".join(listed[1:])))) == said
    page = (ROOT / "docs/cascade.md").read_text("utf-8")
    table = page.partition("| Code | ")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == said


def test_privileges_and_row_security(site: Site, role: RoleFactory) -> None:
    site.do(child("cascade"))
    name = role("user")
    site.do(
        f"""grant usage on schema pydb, pydb_internal, public to {name};
        grant execute on all routines in schema pydb, pydb_internal to {name};
        grant select on all tables in schema pydb, pydb_internal to {name};
        grant select, delete on public.r to {name}"""
    )
    session = site.session(user=name)
    for cure, code in (
        (f"grant select on public.c to {name}", "privilege"),
        (f"grant delete on public.c to {name}", "privilege"),
        ("alter table public.c enable row level security", None),
        ("alter table public.c disable row level security", "row_security"),
    ):
        step = only(site.plan("public.r", ONE, session=session), KEY)
        assert (step.codes, step.action) == (([code], "blocked") if code else ([], "delete"))
        site.do(cure)
    assert only(site.plan("public.r", ONE, session=session), KEY).codes == []


def test_a_refusal_names_the_cure_that_lets_the_rows_go_and_no_other(site: Site) -> None:
    """The statements for an index or for a valid key would not."""
    site.do(SAID["several"][0])
    with refused("YD302") as refusal:
        site.delete("public.r", ONE)
    assert refusal.hint == "alter table public.c disable rule keep;"
    site.do(f"{refusal.hint} alter table public.c drop constraint k")
    site.do("alter table public.c add constraint k foreign key (r) references public.r not valid")
    with refused("YD302") as refusal:
        site.delete("public.r", ONE)
    assert "cascade_plan" in refusal.hint
    assert only(site.plan("public.r", ONE), KEY).codes == ["outside", "unindexed", "not_valid"]
