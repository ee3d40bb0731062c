"""``pydb cascade``: plan and delete, as trees, documents and pictures."""

from __future__ import annotations

import json
import re
import sys
from html.parser import HTMLParser
from typing import TYPE_CHECKING, cast

import psycopg
import pytest

from pydb import cascade
from pydb import db as pydb_db
from pydb.cli import _deletes
from pydb.cli._closure import Target
from pydb.errors import CascadeChanged

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli, Result
    from tests.conftest import Connection, RoleFactory
    from tests.servers import Filling

SALE = "shop.sale.sale_customer_id_fkey"
LINE = "shop.line.line_sale_id_fkey"


def make_shop(dsn: str) -> None:
    """Ten customers; each has two sales (no action) of three lines (cascade), a note (set null), an event."""
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute(
            """
            create schema if not exists shop;
            create table shop.customer (id bigint primary key, tenant text, code text, unique (tenant, code));
            create table shop.sale (id int primary key, customer_id bigint references shop.customer);
            create table shop.line (id int primary key, sale_id int references shop.sale on delete cascade);
            create table shop.note (id int, customer_id bigint references shop.customer on delete set null);
            create table shop.event (id int, customer_id bigint);
            create index on shop.sale (customer_id);
            create index on shop.line (sale_id);
            create index on shop.note (customer_id);
            create index on shop.event (customer_id);
            insert into shop.customer select i, 'a,b', 'c=' || i from generate_series(1, 10) as i;
            insert into shop.sale select i, i % 10 + 1 from generate_series(1, 20) as i;
            insert into shop.line select i, i % 20 + 1 from generate_series(1, 60) as i;
            insert into shop.note select i, i from generate_series(1, 10) as i;
            insert into shop.event select i, i from generate_series(1, 10) as i;
            """
        )
        db.execute(
            "select pydb.reference_set('shop.event', '{customer_id}', 'shop.customer', '{id}', 'cascade')"
        )


@pytest.fixture
def filling(request: pytest.FixtureRequest) -> Filling | None:
    return make_shop if "shop" in request.fixturenames else None


@pytest.fixture
def shop(db: Connection) -> Connection:
    """A connection to a copy of what `make_shop` made."""
    return db


def counts(db: Connection) -> tuple[int, ...]:
    row = db.execute(
        """select (select count(*) from shop.customer), (select count(*) from shop.sale),
            (select count(*) from shop.line), (select count(customer_id) from shop.note),
            (select count(*) from shop.event)"""
    ).fetchone()
    assert row is not None
    return row


ALL = (10, 20, 60, 10, 10)
GONE = (9, 18, 54, 9, 9)  # one customer less


def steps(result: Result) -> list[dict[str, object]]:
    return cast("list[dict[str, object]]", result.document["steps"])


def test_a_plan_is_a_tree_with_totals_and_a_verdict(cli: Cli, shop: Connection) -> None:
    result = cli("cascade", "plan", "shop.customer", "4", "--others", "delete")
    assert result.code == 0
    assert result.out.isascii()
    assert [" ".join(line.split()) for line in result.out.splitlines()[:5]] == [
        "shop.customer 1 row delete",
        "|-- shop.note 1 row nullify note_customer_id_fkey (set null)",
        "|-- shop.event 1 row delete customer_id_ref (cascade, logical)",
        "`-- shop.sale 2 rows delete sale_customer_id_fkey (no action)",
        "`-- shop.line 6 rows delete line_sale_id_fkey (cascade)",
    ]
    assert "shop.line      6 rows to delete" in result.out
    assert "would delete 10 rows in 4 tables, set 1 row in 1 table" in result.out
    assert counts(shop) == ALL


def test_a_terminal_gets_lines_and_colours(cli: Cli, shop: Connection) -> None:
    result = cli.on_terminal("cascade", "plan", "shop.customer", "4", "--others", "delete")
    assert result.code == 0
    assert "└── " in result.out
    assert "\x1b[" in result.out


def test_a_blocked_plan_is_attention(cli: Cli, shop: Connection) -> None:
    result = cli("cascade", "plan", "shop.customer", "4")
    assert result.code == 1
    assert re.search(
        r"^\|-- shop.sale +2 rows +blocked .*\n\| +! 2 rows that would stay", result.out, re.MULTILINE
    )
    assert result.out.endswith(f"blocked by {SALE}: nothing would be deleted\n")
    document = cli("cascade", "plan", "shop.customer", "4", "--json").document
    assert (document["document"], document["exit_code"], document["blocked"]) == ("cascade.plan", 1, True)


def test_the_document_of_a_plan_is_stable(cli: Cli, shop: Connection) -> None:
    document = cli("cascade", "plan", "shop.customer", "4", "--edge", f"{SALE}=delete", "--json").document
    assert {name: document[name] for name in ("entity", "root", "keys", "root_rows", "rows")} == {
        "entity": None,
        "root": "shop.customer",
        "keys": 1,
        "root_rows": 1,
        "rows": {"delete": 10, "update": 1},
    }
    assert document["relations"] == [
        {"relation": "shop.customer", "delete": 1, "update": 0},
        {"relation": "shop.event", "delete": 1, "update": 0},
        {"relation": "shop.line", "delete": 6, "update": 0},
        {"relation": "shop.note", "delete": 0, "update": 1},
        {"relation": "shop.sale", "delete": 2, "update": 0},
    ]
    last = cast("list[dict[str, object]]", document["steps"])[-1]
    assert last == {
        "step": 5,
        "depth": 0,
        "relation": "shop.customer",
        "via": None,
        "action": "delete",
        "rows": 1,
        "indexed": None,
        "warning": None,
        "parent": None,
        "kind": "root",
        "on_delete": None,
        "matched": 1,
        "cure": None,
        "order_dependent": False,
        "done": None,
        "codes": [],
    }


def test_an_entity_comes_before_a_table_of_its_name(cli: Cli, shop: Connection) -> None:
    assert cli("cascade", "plan", "customer", "4").code == 1
    assert cli("entity", "set", "customer", "shop.customer", "--others", "delete").code == 0
    document = cli("cascade", "plan", "customer", "4", "--json").document
    assert (document["entity"], document["root"], document["blocked"]) == ("customer", "shop.customer", False)
    assert cli("cascade", "plan", "customer", "4").out.startswith("entity customer: rows of shop.customer\n")
    assert cli("cascade", "plan", "shop.customer", "4").code == 1
    # the caller's choices lie above those of the entity
    assert cli("cascade", "plan", "customer", "4", "--edge", f"{SALE}=block").code == 1


def test_a_missing_index_is_said_with_the_statement_that_cures_it(cli: Cli, shop: Connection) -> None:
    shop.execute("drop index shop.note_customer_id_idx")
    result = cli("cascade", "plan", "shop.customer", "4", "--others", "delete")
    cure = re.search(r"^create index concurrently .*;$", result.out, re.MULTILINE)
    assert cure is not None
    shop.execute(cure[0].encode())
    again = cli("cascade", "plan", "shop.customer", "4", "--others", "delete")
    assert "create index" not in again.out


def test_all_shows_edges_with_nothing_behind_them(cli: Cli, shop: Connection) -> None:
    shop.execute("delete from shop.note")
    assert "shop.note" not in cli("cascade", "plan", "shop.customer", "4").out
    assert "shop.note" in cli("cascade", "plan", "shop.customer", "4", "--all").out


def test_a_delete_asks_and_shows_what_goes(cli: Cli, shop: Connection) -> None:
    wanted = ("cascade", "delete", "shop.customer", "4", "--others", "delete")
    refused = cli(*wanted)
    assert refused.code == 64
    assert "Delete 10 rows in 4 tables, set 1 row in 1 table?" in refused.err
    assert cli.on_terminal(*wanted, answer=b"n\n").code == 1
    dry = cli(*wanted, "--dry-run", "--json")
    assert (dry.document["dry_run"], dry.document["rows"]) == (True, {"delete": 10, "update": 1})
    assert counts(shop) == ALL
    done = cli.on_terminal(*wanted, answer=b"y\n")
    assert done.code == 0
    assert "deleted 10 rows in 4 tables, set 1 row in 1 table" in done.out
    assert counts(shop) == GONE


def test_what_went_is_in_the_document(cli: Cli, shop: Connection) -> None:
    result = cli("cascade", "delete", "shop.customer", "4", "--others", "delete", "--yes", "--json")
    assert (result.document["document"], result.document["dry_run"]) == ("cascade.delete", False)
    assert {step["relation"]: step["done"] for step in steps(result)} == {
        "shop.customer": 1,
        "shop.event": 1,
        "shop.line": 6,
        "shop.note": 1,
        "shop.sale": 2,
    }
    assert counts(shop) == GONE


@pytest.mark.parametrize("how", [("--yes",), ()], ids=["yes", "asked"])
def test_a_blocked_delete_is_three_lines_and_changes_nothing(
    cli: Cli, shop: Connection, how: tuple[str, ...]
) -> None:
    result = cli("cascade", "delete", "shop.customer", "4", *how)
    assert (result.code, result.out) == (1, "")
    assert result.err.splitlines()[-3:] == [
        f"pydb: the cascade is blocked by {SALE}",
        "  detail: shop.sale: 2 rows that would stay still reference shop.customer. Nothing was changed.",
        f"  hint: --edge {SALE}=delete takes them along, --others delete all like them",
    ]
    assert "blocked" in result.err.splitlines()[1]
    assert cli("cascade", "delete", "shop.customer", "4", *how, "--json").error["sqlstate"] == "YD302"
    assert cli("cascade", "delete", "shop.customer", "4", "--dry-run").code == 1
    assert counts(shop) == ALL


def test_keys_without_a_row_are_said_and_no_error(cli: Cli, shop: Connection) -> None:
    assert "no row of shop.customer has such a key" in cli("cascade", "plan", "shop.customer", "99").out
    result = cli("cascade", "delete", "shop.customer", "98", "99")  # nothing to ask about
    assert result.code == 0
    assert "no row of shop.customer has such a key\n\nnothing was deleted\n" in result.out
    some = cli("cascade", "plan", "shop.customer", "4", "99", "--others", "delete")
    assert "2 keys given, 1 row found" in some.out
    assert counts(shop) == ALL


def test_what_was_shown_is_what_goes_or_nothing(dsn: str, shop: Connection) -> None:
    with pydb_db.connect(dsn) as conn:
        target = Target(cascade.root(conn, "shop.customer"), [{"id": "4"}], {"*": "delete"})
        shown = cascade.plan(conn, *target.what)
        shop.execute("insert into shop.sale values (100, 4)")
        with pytest.raises(CascadeChanged, match="other rows"):
            _deletes.delete(conn, target, shown, {"allow_triggers": False})
        assert counts(shop) == (10, 21, 60, 10, 10)
        _deletes.delete(conn, target, cascade.plan(conn, *target.what), {"allow_triggers": False})
    assert counts(shop) == GONE


def test_a_missing_index_on_a_large_table_needs_the_option(cli: Cli, shop: Connection) -> None:
    shop.execute("drop index shop.sale_customer_id_idx")
    shop.execute("select pydb.setting_set('cascade_unindexed_rows', '1')")
    shop.execute("analyze shop.sale")
    wanted = ("cascade", "delete", "shop.customer", "4", "--others", "delete", "--yes")
    result = cli(*wanted, "--json")
    assert (result.code, result.error["sqlstate"]) == (1, "YD305")
    assert "create index concurrently" in str(result.error["hint"])
    assert "--allow-unindexed" in str(result.error["hint"])
    assert counts(shop) == ALL
    assert cli(*wanted, "--allow-unindexed").code == 0
    assert counts(shop) == GONE


def test_a_trigger_that_deletes_elsewhere_needs_the_option(cli: Cli, shop: Connection) -> None:
    shop.execute(
        """create table shop.other (id int); insert into shop.other values (1), (2);
        create function shop.sweep() returns trigger language plpgsql as
            'begin delete from shop.other where id = 1; return old; end';
        create trigger sweep before delete on shop.sale for each row execute function shop.sweep()"""
    )
    wanted = ("cascade", "delete", "shop.customer", "4", "--others", "delete", "--yes")
    result = cli(*wanted, "--json")
    assert (result.code, result.error["sqlstate"]) == (2, "YD304")
    assert "--allow-triggers" in str(result.error["hint"])
    assert counts(shop) == ALL
    allowed = (*wanted, "--allow-triggers")
    assert cli(*allowed, "--dry-run", "--json").document["allow_triggers"] is True
    assert "beyond the plan is accepted" in cli(*allowed, "--dry-run").err
    assert cli(*wanted, "--durable").code == 2
    job = cast("dict[str, object]", cli(*allowed, "--durable", "--json").document["job"])
    assert job["allow_triggers"] is True
    assert "beyond the plan is accepted" in cli("cascade", "jobs", str(job["id"])).out
    assert cli("cascade", "cancel", str(job["id"])).code == 0
    assert cli(*allowed).code == 0
    assert counts(shop) == GONE


def test_the_kill_switch_stops_it(cli: Cli, shop: Connection) -> None:
    assert cli("retention", "pause").code == 0
    result = cli("cascade", "delete", "shop.customer", "4", "--others", "delete", "--yes", "--json")
    assert (result.code, result.error["sqlstate"]) == (1, "YD307")
    assert counts(shop) == ALL


@pytest.mark.parametrize(
    ("given", "sqlstate"),
    [
        (("shop.customer",), None),
        (("shop.customer", "four"), "YD301"),
        (("shop.customer", "4.5"), "YD301"),
        (("shop.customer", "tenant=x"), "YD301"),
        (("shop.customer", "nothing=4"), "YD301"),
        (("shop.customer", "id=1,id=2"), "YD301"),
        (("shop.customer", "id=1", "tenant=x,code=y"), "YD301"),
        (("shop.customer", "4", "--edge", "nothing=delete"), "YD301"),
        (("shop.customer", "4", "--edge", f"{SALE}=drop"), "YD301"),
        (("shop.customer", "4", "--edge", "nonsense"), None),
        (("shop.customer", "4", "--others", "nullify"), "YD301"),
        (("shop.note", "4"), "YD301"),
        (("shop.nothing", "4"), "YD004"),
        (("nothing", "4"), "YD004"),
        (("a.b.c.d", "4"), "YD006"),
        (("pydb.setting", "4"), "YD003"),
        (("shop.customer", "4", "--keys", "no/such/file"), None),
        (("shop.customer", "9223372036854775808"), "YD301"),
        (("shop.customer", b"\xff"), None),
    ],
)
def test_what_cannot_be_is_refused(
    cli: Cli, shop: Connection, given: tuple[str, ...], sqlstate: str | None
) -> None:
    for verb in (("plan",), ("delete", "--yes")):
        result = cli("cascade", *verb, *given, "--json")
        assert result.code == 64, result
        assert sqlstate in (None, result.error["sqlstate"])
    assert counts(shop) == ALL


@pytest.mark.parametrize(
    "text",
    [
        "[1",
        "{",
        "[null]",
        "[[1]]",
        "1\nx",
        "[NaN]",
        '[{"id": null}]',
        '[{"ID": 1}]',
        '["\\ud800"]',
        '"\\u0000"',
        "\x00",
        "[1][1]",
        pytest.param("[" * 100_000, id="deep"),
        pytest.param("1" * 5_000, id="long"),
    ],
)
def test_files_that_hold_no_keys_are_refused(cli: Cli, shop: Connection, text: str) -> None:
    result = cli("cascade", "plan", "shop.customer", "--keys", "-", "--json", stdin=text.encode())
    assert result.code == 64, result
    assert cli("cascade", "plan", "shop.customer", "--keys", "-", stdin=b"\xff\xfe").code == 64


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", 0),
        ("[]", 0),
        ("4", 1),
        ("[4, 5]", 2),
        ('["4", {"id": 5}]', 2),
        ('{"id": 4}\n\n{"id": 5}\n', 2),
        ('{"tenant": "a,b",\n "code": "c=4"}', 1),
        ("\ufeff[4]", 1),
    ],
)
def test_keys_of_a_file(cli: Cli, shop: Connection, tmp_path: Path, text: str, keys: int) -> None:
    (tmp_path / "keys").write_text(text, "utf-8")
    result = cli("cascade", "plan", "shop.customer", "--keys", "keys", "--others", "delete", "--json")
    assert result.code == 0, result
    assert (result.document["keys"], result.document["root_rows"]) == (keys, keys)


def test_ten_thousand_keys(cli: Cli, shop: Connection) -> None:
    shop.execute("insert into shop.customer (id) select i from generate_series(101, 20100) as i")
    lines = "".join(f'{{"id": {number}}}\n' for number in range(101, 10_101)).encode()
    array = json.dumps(list(range(101, 10_101))).encode()
    wanted = ("shop.customer", "--keys", "-", "--others", "delete", "--json")
    for text in (lines, array):
        assert cli("cascade", "plan", *wanted, stdin=text).document["root_rows"] == 10_000
    done = cli("cascade", "delete", *wanted, "--yes", stdin=lines)
    assert done.document["rows"] == {"delete": 10_000, "update": 0}
    assert counts(shop) == (10_010, 20, 60, 10, 10)


def test_memory_stays_small_with_ten_thousand_keys(cli: Cli, shop: Connection, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(json.dumps(list(range(10_000))))
    between = (
        "import resource, subprocess, sys;"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    started = cli.start(
        "cascade", "plan", "shop.customer", "--keys", "keys", below=[sys.executable, "-c", between]
    )
    done = cli.finish(started)
    assert done.code == 0
    assert 10 * 1024 < int(done.out) < 100 * 1024


@pytest.mark.parametrize(
    ("kind", "values", "typed"),
    [
        ("bigint", ["9007199254740993", "9007199254740992", "-9223372036854775808"], "{}"),
        ("text", ["007", "7", "1e3", "1000", "", "null", "ä", "it's"], "id={}"),
        ("text", ["a,b", "a=b", "id=5", "x, y", "{}", "[1]", '"q"', "\\", "%s"], "id={}"),
        ("numeric", ["0.1000000000000000055511151231257827", "0.1"], "{}"),
        ("uuid", ["6d8d1f5e-0000-4000-8000-000000000001", "6d8d1f5e-0000-4000-8000-000000000002"], "{}"),
        ("timestamptz", ["2026-01-02 03:04:05+00", "2026-01-02 03:04:06+00"], "{}"),
        ("boolean", ["true", "false"], "{}"),
    ],
)
def test_a_key_finds_its_own_row_and_no_other(
    cli: Cli, db: Connection, kind: str, values: list[str], typed: str
) -> None:
    db.execute(f"create table public.t (id {kind} primary key)".encode())
    for value in values:
        db.execute(f"insert into public.t values (%s::{kind})".encode(), (value,))
    for number, value in enumerate(values, 1):
        text = typed.replace("{}", value)
        result = cli("cascade", "delete", "--yes", "public.t", "--json", "--", text)
        assert result.document["rows"] == {"delete": 1, "update": 0}, (value, result)
        left = db.execute("select count(*), count(*) filter (where id::text = %s) from public.t", (value,))
        assert left.fetchone() == (len(values) - number, 0)


def test_numbers_of_a_file_are_not_rounded(cli: Cli, db: Connection) -> None:
    db.execute("create table public.t (id numeric primary key)")
    db.execute("insert into public.t values (9007199254740993), (0.12345678901234567890123)")
    text = b"[9007199254740993, 0.12345678901234567890123, 9007199254740992]"
    result = cli("cascade", "delete", "public.t", "--keys", "-", "--yes", "--json", stdin=text)
    assert result.document["rows"] == {"delete": 2, "update": 0}


ODD = '"Be=st, <script>alert(1)</script> \n""ü"'


@pytest.fixture
def odd(db: Connection) -> Connection:
    db.execute(
        f"""create schema "Ö x"; create table "Ö x".{ODD} ("Schl=üssel, 1" int, b text,
            primary key ("Schl=üssel, 1", b));
        insert into "Ö x".{ODD} values (1, 'x,b=y'), (2, 'z');
        create table "Ö x".dataset (id int, k int, b text, constraint "f[""]|"
            foreign key (k, b) references "Ö x".{ODD} on delete cascade);
        insert into "Ö x".dataset values (1, 2, 'z');""".encode()
    )
    return db


def test_odd_names(cli: Cli, odd: Connection) -> None:
    table = f'"Ö x".{ODD}'
    for key in ("Schl=üssel, 1=2,b=z", 'b=z,"Schl=üssel, 1"=2', "b=z, Schl=üssel, 1=2"):
        result = cli("cascade", "plan", table, key)
        assert result.code == 0, result
        assert "would delete 2 rows in 2 tables" in result.out
        assert "\\n" in result.out.splitlines()[0]
    array = b'[{"Schl=\xc3\xbcssel, 1": 1, "b": "x,b=y"}]'
    found = cli("cascade", "plan", table, "--keys", "-", "--json", stdin=array)
    assert found.document["root_rows"] == 1
    via = str(steps(cli("cascade", "plan", table, "b=z,Schl=üssel, 1=2", "--json"))[0]["via"])
    blocked = cli("cascade", "plan", table, "b=z,Schl=üssel, 1=2", "--edge", f"{via}=block")
    assert blocked.code == 1


class _Tags(HTMLParser):
    """Collects tags and attributes of a page, and checks that they are closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [
            str(value) for name, value in attrs if name in ("src", "href", "xlink:href", "onload")
        ]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_names_in_a_picture_stay_text(cli: Cli, odd: Connection, tmp_path: Path) -> None:
    wanted = ("cascade", "plan", f'"Ö x".{ODD}', "b=z,Schl=üssel, 1=2")
    page = cli(*wanted, "--html").out
    seen = _Tags(page)
    assert seen.open == []
    assert "script" not in seen.tags
    assert seen.addresses == []
    assert "<script>alert(1)</script>" in seen.text
    assert seen.tags.count("rect") == 2
    assert "http" not in page.replace('xmlns="http://www.w3.org/2000/svg"', "").replace("http-equiv", "")
    assert re.search(r"<svg [^>]*viewBox[^>]*width: 100%", page)  # as wide as the window
    assert "1=2" in page.split("<h1>")[1].split("</h1>")[0]  # the key
    assert 'class="legend"' in page
    dot = cli(*wanted, "--dot").out
    for line in dot.splitlines():
        assert len(re.findall(r'(?<!\\)(?:\\\\)*"', line)) % 2 == 0, line
    mermaid = cli(*wanted, "--mermaid").out
    assert "<script>" not in mermaid
    assert all(line.count('"') in (0, 2) for line in mermaid.splitlines())
    written = cli(*wanted, "--html", "--out", "page.html")
    assert (written.code, written.out) == (0, "")
    moment = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ")
    assert moment.sub("", (tmp_path / "page.html").read_text("utf-8")) == moment.sub("", page)


def test_pictures_show_actions_and_logical_references(cli: Cli, shop: Connection) -> None:
    wanted = ("cascade", "plan", "shop.customer", "4")
    dot = cli(*wanted, "--dot")
    assert dot.code == 1
    assert re.search(r'n0 -> n\d \[label="customer_id_ref: 1 row delete", .*style=dashed', dot.out)
    assert re.search(r'label="sale_customer_id_fkey: 2 rows blocked", color="#cf222e"', dot.out)
    mermaid = cli(*wanted, "--mermaid").out
    assert re.search(r'n0 -\.->\|"customer_id_ref: 1 row delete"\| n\d', mermaid)
    page = cli(*wanted, "--html").out
    assert page.count("stroke-dasharray") == 1
    assert "nothing would be deleted" in page


@pytest.mark.parametrize(
    "options", [("--dot", "--json"), ("--dot", "--html"), ("--out", "x"), ("--dot", "--out", "no/such/x")]
)
def test_pictures_that_cannot_be(cli: Cli, shop: Connection, options: tuple[str, ...]) -> None:
    assert cli("cascade", "plan", "shop.customer", "4", *options).code == 64


def test_cycles_end(cli: Cli, db: Connection) -> None:
    db.execute(
        """create table public.a (id int primary key, up int references a on delete cascade, b int);
        create table public.b (id int primary key, a int references a on delete cascade);
        alter table public.a add foreign key (b) references public.b on delete cascade;
        insert into public.a select i, nullif(i - 1, 0) from generate_series(1, 500) as i;
        insert into public.b select i, i from generate_series(1, 500) as i;
        update public.a set b = id"""
    )
    result = cli("cascade", "plan", "public.a", "1")
    assert result.code == 0
    assert "would delete 1,000 rows in 2 tables" in result.out
    shown = [line for line in result.out.splitlines() if "_fkey" in line]
    assert len(shown) == 3
    page = _Tags(cli("cascade", "plan", "public.a", "1", "--html").out)
    assert page.tags.count("rect") == 2
    assert "n0 -> n0" in cli("cascade", "plan", "public.a", "1", "--dot").out
    assert cli("cascade", "delete", "public.a", "1", "--yes").code == 0
    assert db.execute("select count(*) from public.a").fetchone() == (0,)


def test_a_missing_privilege(cli: Cli, shop: Connection, role: RoleFactory, dsn: str) -> None:
    name = role()
    shop.execute(f"grant usage on schema pydb, pydb_internal, shop to {name}".encode())
    shop.execute(f"grant select on all tables in schema pydb, shop to {name}".encode())
    shop.execute(f"grant execute on all routines in schema pydb, pydb_internal to {name}".encode())
    cli.env["PYDB_DSN"] = dsn.replace("user=postgres", f"user={name}")
    result = cli("cascade", "plan", "shop.customer", "4", "--others", "delete")
    assert result.code == 1
    assert re.search(r"^grant .* to .*;$", result.out, re.MULTILINE)
    shop.execute(f"revoke all on all tables in schema pydb from {name}".encode())
    assert cli("cascade", "plan", "shop.customer", "4").code == 77


def test_what_is_not_followed_is_said_and_counts_if_strict(cli: Cli, shop: Connection) -> None:
    shop.execute("create table shop.memo (id int primary key, customer_id int)")
    result = cli("cascade", "plan", "shop.customer", "4", "--others", "delete")
    assert result.code == 0
    assert "not followed: shop.memo (customer_id)" in result.out
    strict = cli("cascade", "plan", "shop.customer", "4", "--others", "delete", "--strict", "--json")
    assert (strict.code, strict.document["exit_code"]) == (1, 1)
    assert len(cast("list[str]", strict.document["not_followed"])) == 1
