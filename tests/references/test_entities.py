"""Entities: a root with a key, and a choice for each edge that can be carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pydb import db as pydb_db
from pydb import references
from pydb.errors import UnknownName
from tests.retention.lab import Lab, refused

if TYPE_CHECKING:
    from tests.conftest import Connect, Connection, RoleFactory


@pytest.fixture
def lab(db: Connection) -> Lab:
    made = Lab(db)
    made.do(
        """create schema if not exists shop; create table shop.customer (id int primary key);
        create table shop.sale (id int unique, customer_id int references shop.customer,
            strict int not null references shop.customer, tenant int not null default 1, link int);
        create table shop.plain (id int); create view shop.v as select * from shop.customer"""
    )
    return made


def put(
    lab: Lab, edges: str | None = "{}", *, name: str | None = "customer", root: str = "shop.customer"
) -> object:
    return lab.one("select (pydb.entity_set(%s, %s, %s::jsonb)).edges", name, root, edges)


def test_an_entity_is_stored_under_full_names_and_audited_once(lab: Lab) -> None:
    edges = '{"sale_customer_id_fkey": "nullify", "SALE.sale_strict_fkey": "delete", "*": "block"}'
    assert put(lab, edges) == {
        "shop.sale.sale_customer_id_fkey": "nullify",
        "shop.sale.sale_strict_fkey": "delete",
        "*": "block",
    }
    put(lab, edges)
    assert lab.audit() == [("entity_set", "customer")]
    assert put(lab, None) == {}
    assert lab.audit() == [("entity_set", "customer")] * 2
    assert lab.one("select pydb.entity_drop('customer')") is True
    assert lab.audit()[-1] == ("entity_drop", "customer")
    with refused("YD002"):
        lab.one("select pydb.entity_drop('customer')")


@pytest.mark.parametrize(
    ("edges", "said"),
    [
        ('{"nothing_fkey": "delete"}', "there is no reference 'nothing_fkey'"),
        ('{"sale_customer_id_fkey": "remove"}', "cannot be remove"),
        ('{"sale_customer_id_fkey": null}', "cannot be null"),
        ('{"sale_customer_id_fkey": ["delete"]}', "cannot be"),
        ('{"*": "nullify"}', "edge * cannot be nullify"),
        ('{"*": "default"}', "edge * cannot be default"),
        ('{"sale_strict_fkey": "nullify"}', "edge sale_strict_fkey cannot be nullify"),
        ('{"sale_strict_fkey": "default"}', "edge sale_strict_fkey cannot be default"),
        ('{"sale_strict_fkey": "delete", "shop.sale.sale_strict_fkey": "block"}', "cannot be"),
        ('["delete"]', "not an object"),
        ('"delete"', "not an object"),
    ],
)
def test_a_choice_that_could_not_be_carried_out_is_refused(lab: Lab, edges: str, said: str) -> None:
    with refused("YD301") as refusal:
        put(lab, edges)
    assert said in refusal.message
    assert refusal.detail
    assert refusal.hint
    assert lab.rows("select 1 from pydb.entity") == lab.audit() == []


def test_near_names_are_told(lab: Lab) -> None:
    with refused("YD301") as refusal:
        put(lab, '{"sale_customer_fkey": "delete"}')
    assert "shop.sale.sale_customer_id_fkey" in refusal.detail


def test_columns_that_a_set_null_would_leave_do_not_matter(lab: Lab) -> None:
    lab.do(
        """alter table shop.customer add tenant int not null default 1, add unique (tenant, id);
        alter table shop.sale add constraint part foreign key (tenant, link)
            references shop.customer (tenant, id) on delete set null (link)"""
    )
    assert put(lab, '{"part": "nullify"}') == {"shop.sale.part": "nullify"}


def test_a_logical_reference_can_be_chosen(lab: Lab) -> None:
    lab.one("select (pydb.reference_set('shop.sale', '{link}', 'shop.customer', '{id}')).name")
    assert put(lab, '{"link_ref": "delete"}') == {"shop.sale.link_ref": "delete"}


@pytest.mark.parametrize("name", [None, "", "A", "1a", "a b", "a" * 64, "-a", "ä"])
def test_a_name_that_is_not_easily_typed_is_refused(lab: Lab, name: str | None) -> None:
    with refused("YD006"):
        put(lab, name=name)


def test_a_root_is_a_table_with_a_key(lab: Lab) -> None:
    with refused("YD003"):
        put(lab, root="shop.v")
    with refused("YD003"):
        put(lab, root="pydb.job_run")
    with refused("YD301") as refusal:
        put(lab, root="shop.plain")
    assert "no key" in refusal.message
    lab.do("create unique index on shop.plain (id) where id > 0")
    with refused("YD301"):
        put(lab, root="shop.plain")
    put(lab, root="shop.sale")
    lab.do("create table shop.p (id int primary key) partition by list (id)")
    put(lab, root="shop.p")
    with refused("YD004"):
        lab.one("select pydb.entity_set('x', null)")


def test_a_grace_period_is_not_negative(lab: Lab) -> None:
    for grace in ("-1 day", "1 mon -31 days"):
        with refused("YD301", what=grace):
            lab.one("select pydb.entity_set('x', 'shop.customer', p_grace => %s)", grace)
    assert (
        lab.one("select (pydb.entity_set('x', 'shop.customer', p_grace => '1 day')).grace::text") == "1 day"
    )
    lab.one("select pydb.entity_set('x', 'shop.customer', p_grace => '24 hours')")
    assert lab.one("select grace::text from pydb.entity") == "24:00:00"


def test_who_may_not_read_the_root_is_told_the_grant(lab: Lab, connect: Connect, role: RoleFactory) -> None:
    name = role("setter")
    lab.do(
        f'grant usage on schema pydb, pydb_internal, shop to "{name}";'
        f'grant select on all tables in schema pydb, pydb_internal to "{name}";'
        f'grant insert on pydb_internal.draft to "{name}";'
        f'grant execute on all functions in schema pydb, pydb_internal to "{name}"'
    )
    other = Lab(connect(user=name))
    with refused("YD005") as refusal:
        put(other)
    assert refusal.hint == f"grant select on shop.customer to {name};"
    lab.do(refusal.hint)
    put(other)
    assert lab.one("select author from pydb.entity") == name


def test_python_sets_lists_and_drops(lab: Lab, dsn: str) -> None:
    with pydb_db.connect(dsn) as conn:
        stored = references.entity_set(
            conn, "customer", "shop.customer", {"sale_strict_fkey": "delete", "*": "block"}, grace="2 hours"
        )
        assert references.entities(conn) == [stored]
        assert stored.edges == {"shop.sale.sale_strict_fkey": "delete", "*": "block"}
        assert (stored.root_name, stored.grace, stored.approval) == ("shop.customer", "02:00:00", False)
        assert references.entity_drop(conn, "customer") is True
        with pytest.raises(UnknownName):
            references.entity_drop(conn, "customer")
