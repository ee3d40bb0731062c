"""The hint of a refusal is the next command to type: here it is typed, whatever the names and keys are."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from tests.cascade.site import ONE, TAKE, Site
from tests.retention.lab import refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.servers import TestServer

SCHEMA: Final = '"Größe ""1"" "'
ROOT: Final = f'{SCHEMA}."Auf\'trag \\ %I"'
CHILD: Final = f"{SCHEMA}.posten"
KEY: Final = "ключ \\ 'ö' \"%s\""
# a root with text keys and a child that blocks
ODD: Final = f"""
create schema {SCHEMA};
create table {ROOT} ("schlüssel %L" text primary key);
create table {CHILD} (id int primary key, o text constraint "zu 'Auftrag'" references {ROOT});
insert into {ROOT} select repeat('x', g) from generate_series(1, 300) as g;
"""


@pytest.fixture
def odd(site: Site) -> Site:
    """A root and a child with names and keys that need every kind of quotes."""
    site.do(ODD)
    site.do(f"insert into {ROOT} values ($k${KEY}$k$); insert into {CHILD} values (1, $k${KEY}$k$), (2, 'x')")
    return site


def typed(site: Site, hint: str) -> Sequence[tuple[object, ...]]:
    """What a hint that is a plan answers: its relation and action, step by step."""
    assert hint.startswith("select * from pydb.cascade_plan("), hint
    return [(row[2], row[4]) for row in site.db.execute(hint.encode()).fetchall()]


def test_a_blocked_cascade_says_what_plan_would_take_it_along(odd: Site) -> None:
    with refused("YD302") as refusal:
        odd.delete(ROOT, [{"schlüssel %L": KEY}])
    assert typed(odd, refusal.hint) == [(CHILD, "delete"), (ROOT, "delete")]
    # the same text as a delete does it
    odd.do(refusal.hint.replace("cascade_plan", "cascade_delete"))
    assert odd.content(CHILD) == [(2, "x")]
    assert odd.value(f"select count(*) from {ROOT}") == 300


def test_choices_and_entities_are_in_the_hint_too(site: Site) -> None:
    site.shop()
    site.do(
        """create table shop.bill (sale int references shop.sale); create index on shop.bill (sale);
        insert into shop.bill values (1)"""
    )
    site.do("""select pydb.entity_set('customer', 'shop.customer', '{"line_sale_fkey": "delete"}')""")
    with refused("YD302") as refusal:
        site.delete(None, ONE, {"shop.log.customer_ref": "nullify"}, entity="customer")
    assert typed(site, refusal.hint) == [
        ("shop.log", "nullify"),
        ("shop.bill", "delete"),
        ("shop.line", "delete"),
        ("shop.sale", "delete"),
        ("shop.customer", "delete"),
    ]


@pytest.mark.parametrize("flaw", ["drop index shop.line_sale_idx", "alter table shop.line drop constraint"])
def test_what_is_amiss_but_does_not_block_is_no_way_out(site: Site, flaw: str) -> None:
    """A missing index and a key that is NOT VALID have cures of their own, and those let nothing go."""
    site.shop()
    if "constraint" in flaw:
        flaw += " line_sale_fkey, add constraint key foreign key (sale) references shop.sale not valid"
    site.do(flaw)
    assert {step.cure for step in site.plan("shop.customer", ONE)} - {None}
    with refused("YD302") as refusal:
        site.delete("shop.customer", ONE)
    assert ("shop.line", "delete") in typed(site, refusal.hint)


def test_many_or_long_keys_are_not_repeated(odd: Site) -> None:
    blocked = [{"schlüssel %L": KEY}, *({"schlüssel %L": "x" * n} for n in range(1, 301))]
    for keys in (blocked[:2], blocked[:22], [blocked[0], blocked[-1]]):
        with refused("YD302") as refusal:
            odd.delete(ROOT, keys)
        assert [action for _, action in typed(odd, refusal.hint)] == ["delete", "delete"]
        whole = len(keys) == 2 and keys[1] == {"schlüssel %L": "x"}
        assert (f"-- the first of {len(keys)} keys" in refusal.hint) is not whole
        assert len(refusal.hint) < 500
    # one key alone is the only one to look at
    odd.do(f"insert into {CHILD} values (3, repeat('x', 300))")
    with refused("YD302") as refusal:
        odd.delete(ROOT, {"schlüssel %L": "x" * 300})
    assert "x" * 300 in refusal.hint
    assert len(typed(odd, refusal.hint)) == 2


def test_what_a_constraint_refuses_in_the_end(odd: Site) -> None:
    """The child stays by a trigger, so the key refuses its parent: a plan could not know."""
    odd.do(
        f"""create function public.keep() returns trigger language plpgsql as $$ begin return null; end $$;
        create trigger keep before delete on {CHILD} for each row execute function public.keep()"""
    )
    with refused("YD302") as refusal:
        odd.delete(ROOT, {"schlüssel %L": KEY}, TAKE)
    assert "blocked: " in refusal.message
    assert [action for _, action in typed(odd, refusal.hint)] == ["delete", "delete"]


def test_what_went_is_not_what_was_planned(odd: Site) -> None:
    odd.do(
        f"""create table public.other (id int); insert into public.other values (1), (2);
        create function public.more() returns trigger language plpgsql as
            $$ begin delete from public.other where id = 1; return null; end $$;
        create trigger more after delete on {CHILD} for each statement execute function public.more()"""
    )
    with refused("YD304") as refusal:
        odd.delete(ROOT, {"schlüssel %L": KEY}, TAKE)
    assert "p_allow_triggers" in refusal.hint
    assert [action for _, action in typed(odd, refusal.hint)] == ["delete", "delete"]
    plan = odd.db.execute(refusal.hint.encode()).fetchall()
    assert "trigger more" in str([row[7] for row in plan])


def test_a_job_has_its_own_keys_in_the_hint(site: Site) -> None:
    site.shop()
    site.do(
        """create function shop.more() returns trigger language plpgsql as
            $$ begin delete from shop.log where customer = 2; return null; end $$;
        create trigger more after delete on shop.log for each statement when (pg_trigger_depth() = 0)
            execute function shop.more();
        select pydb.setting_set('retry_limit', '0'), pydb.setting_set('cascade_trial_rows', '0')"""
    )
    job = site.request()
    with refused("YD308") as refusal:
        site.do(f"call pydb.cascade_run({job})")
    assert "not what was planned" in refusal.message
    assert ("shop.customer", "delete") in typed(site, refusal.hint)


def test_an_unknown_entity(odd: Site) -> None:
    with refused("YD002") as refusal:
        odd.plan(None, {}, entity="auftrag")
    odd.do(refusal.hint.partition("or: ")[2])
    with refused("YD002") as refusal:
        odd.plan(ROOT, {}, entity="auftrag")
    odd.do(refusal.hint)
    with refused("YD302"):
        odd.delete(None, {"schlüssel %L": KEY}, entity="auftrag")


def test_a_logical_reference_that_cannot_be_followed_is_dropped_by_the_hint(odd: Site) -> None:
    child = f'{SCHEMA}."ö\'k"'
    odd.do(f"create table {child} (o text)")
    odd.db.execute(
        "select pydb.reference_set(%s::text::regclass, '{o}', %s::text::regclass, %s, 'cascade')",
        (child, ROOT, ["schlüssel %L"]),
    )
    odd.do(f"alter table {child} drop column o")
    name = odd.value("select name from pydb.reference")
    with refused("YD301") as refusal:
        odd.plan(ROOT, {"schlüssel %L": KEY}, {str(name): "delete"})
    odd.do(refusal.hint)
    assert odd.value("select count(*) from pydb.reference") == 0


def test_a_table_without_a_key_is_looked_at_in_psql(odd: Site, server: TestServer, dsn: str) -> None:
    bare = f'{SCHEMA}."öd"'
    odd.do(f"create table {bare} (a int)")
    with refused("YD301") as refusal:
        odd.db.execute("select pydb.entity_set('bare', %s::text::regclass)", (bare,))
    command = [str(server.bin_dir / "psql"), "-X", "-d", dsn, "-c", refusal.hint.removeprefix("psql: ")]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "integer" in shown.stdout
