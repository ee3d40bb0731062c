"""Erasures: a ledger without keys, receipts, a look whether anybody is back, and a replay after a restore."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

from pydb import cascade, db, embedded, erasure
from pydb.embedded.supervisor import Account
from pydb.errors import UsageError
from tests.cascade.site import ONE, Site
from tests.retention.lab import refused
from tests.servers import SETTINGS, TestServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import RoleFactory

WHY: Final = "art. 17"
ALL: Final = {"shop.customer": 1, "shop.sale": 2, "shop.line": 4, "shop.log": 2}


@pytest.fixture
def shop(site: Site) -> Site:
    """The shop, whose customers have an entity."""
    return opened(site)


def opened(site: Site, sales: int = 2) -> Site:
    site.shop(sales)
    site.do("""select pydb.entity_set('customer', 'shop.customer', '{"*": "delete"}')""")
    return site


def ledger(site: Site, columns: str) -> list[tuple[Any, ...]]:
    return site.db.execute(
        f"select {columns} from pydb.erasure order by requested_at, id".encode()
    ).fetchall()


def receipt(site: Site, **which: int) -> dict[str, Any]:
    named = ", ".join(f"p_{name} => {number}" for name, number in which.items())
    return cast("dict[str, Any]", site.value(f"select pydb.cascade_receipt({named})"))


def verified(site: Site) -> list[tuple[Any, ...]]:
    return site.db.execute("select ok, roots, hanging, tables from pydb.erasure_verify()").fetchall()


def erase(site: Site, *keys: int, **more: Any) -> None:
    site.delete(None, [{"id": key} for key in keys], entity="customer", reason=WHY, **more)


def test_a_delete_with_a_reason_leaves_an_entry_and_a_receipt(shop: Site) -> None:
    erase(shop, 1, deadline="3 days")
    columns = "entity, root_name, key_columns, state, reason, rows_planned, planned"
    assert ledger(shop, f"{columns}, rows_done, relations, remaining") == [
        ("customer", "shop.customer", ["id"], "completed", WHY, 9, ALL, 9, ALL, 0)
    ]
    ((run,),) = ledger(shop, "run_ids[1]")
    proof = receipt(shop, run=run)
    assert (proof["state"], proof["tables"], proof["rows"], proof["keys"], proof["remaining"]) == (
        *("completed", ALL, 9, 1, 0),
    )
    assert (proof["requested_by"], proof["reason"], proof["archived"]) == ("postgres", WHY, [])
    assert len(proof["keys_sha256"]) == len(proof["closure_sha256"]) == 64
    assert shop.value("select deadline - requested_at = '3 days' from pydb.erasure") is True
    assert verified(shop) == [(True, 0, 0, {})]
    # the audit log, which nobody can clean, has no key
    assert (
        shop.value("select arguments ? 'keys' from pydb.audit_log where action = 'cascade_delete'") is False
    )


def test_a_job_is_in_the_ledger_from_its_request(shop: Site, role: RoleFactory) -> None:
    job = shop.request(None, ONE, None, entity="customer", reason=WHY, approval=True)
    assert ledger(shop, "state, job, rows_planned, relations, run_ids") == [("requested", job, 9, {}, [])]
    assert shop.value("select days_left between 29.9 and 30 and not overdue from pydb.erasure_status") is True
    second = role("second", "superuser")
    shop.session(user=second).execute("select pydb.cascade_approve(%s)", (job,))
    shop.run_job(job).succeeded()
    assert ledger(shop, "state, relations, rows_done, remaining, approved_by") == [
        ("completed", ALL, 9, 0, second)
    ]
    proof = receipt(shop, job=job)
    assert (proof["approved_by"], proof["tables"], proof["remaining"]) == (second, ALL, 0)
    assert len(proof["runs"]) == 1
    assert shop.value("select days_left is null from pydb.erasure_status") is True
    # no key, and nothing by which to find it, is in what an auditor gets
    assert not {"salt", "key_hashes"} & proof.keys()


def test_what_is_archived_is_in_the_receipt(shop: Site) -> None:
    erase(shop, 1, archive=True)
    ((run,),) = ledger(shop, "run_ids[1]")
    copies = receipt(shop, run=run)["archived"]
    assert {copy["table"]: copy["left"] for copy in copies} == ALL
    assert all(copy["until"] for copy in copies)


def test_refusals_are_entered(shop: Site) -> None:
    job = shop.request(None, ONE, None, entity="customer", reason=WHY)
    shop.do(f"select pydb.cascade_cancel({job})")
    shop.do("select pydb.erasure_refuse('customer', '{\"id\": 2}', 'x', 'YD306')")
    shop.do("select pydb.erasure_refuse('customer', '{\"id\": 2}', 'x', 'YD302', '1 day')")
    assert ledger(shop, "state, refusal") == [
        *(("refused", "cancelled"), ("refused", "not_approved"), ("refused", "blocked")),
    ]
    # a job that something stops before its first row is refused until it is run again
    job = shop.request(None, ONE, None, entity="customer", reason=WHY)
    shop.do("create table shop.bar (id int references shop.line); insert into shop.bar values (1)")
    shop.run_job(job)
    assert ledger(shop, "state")[-1] == ("started",)
    status = f"select state, refusal from pydb.erasure_status where job = {job}"
    assert shop.db.execute(status.encode()).fetchone() == ("refused", "blocked")


def test_a_delete_that_is_undone_leaves_no_entry(shop: Site) -> None:
    shop.do("alter table shop.line add constraint bar foreign key (id) references shop.log not valid")
    shop.do("create table shop.bar (id int references shop.line); insert into shop.bar values (1)")
    with refused("YD302"):
        shop.delete(None, ONE, {"shop.bar.bar_id_fkey": "block"}, entity="customer", reason=WHY)
    with shop.db.transaction(force_rollback=True):
        erase(shop, 3)
        assert ledger(shop, "state") == [("completed",)]
    assert ledger(shop, "id") == []


@pytest.mark.parametrize(
    ("table", "rows", "found"),
    [
        ("customer", "(1)", (1, 0)),
        ("log", "(900, 1)", (0, 1)),  # by a reference that only pydb knows
    ],
)
def test_who_is_back_or_what_hangs_on_him_is_found(
    shop: Site, table: str, rows: str, found: tuple[int, int]
) -> None:
    erase(shop, 1, 77)  # one that was never there too
    erase(shop, 2)
    shop.do(f"insert into shop.{table} values {rows}")
    assert verified(shop) == [(False, *found, {f"shop.{table}": 1}), (True, 0, 0, {})]


@pytest.mark.parametrize(
    ("kind", "key", "child"),
    [
        ("text", "Ünser", "varchar(20)"),
        ("char(8)", "ab", "char(12)"),
        ("numeric(10, 2)", "7.50", "numeric"),
        ("bigint", "9007199254740993", "int8"),
        ("uuid", "0f5a3c0e-57bc-4b83-a0ac-5f8ec71f8ab4", "uuid"),
        ("timestamptz", "2026-01-31 03:15:00.5+02", "timestamptz"),
        ("date", "2026-02-28", "date"),
        ("bytea", "\\x00ff", "bytea"),
        ("inet", "10.0.0.1/8", "inet"),
        ("float8", "0.1", "float8"),
    ],
)
def test_a_key_is_found_again_whatever_its_type(site: Site, kind: str, key: str, child: str) -> None:
    """In a session that writes values in another way than the one that erased them."""
    site.do(
        f"""create schema "Ö s"; create table "Ö s"."t" ("k" {kind} primary key, "rows" int unique);
        create table "Ö s"."new" ("t" {child} references "Ö s"."t" on delete cascade);
        select pydb.entity_set('odd', '"Ö s"."t"')"""
    )
    site.db.execute("""insert into "Ö s"."t" values (%s, 5)""", (key,))
    site.db.execute("""insert into "Ö s"."new" values (%s)""", (key,))
    with contextlib.closing(site.session()) as other:
        other.execute("set timezone = 'Asia/Tokyo'; set datestyle = 'German'; set bytea_output = 'escape'")
        # named by another unique key than the one that is referenced
        other.execute(
            "select pydb.cascade_delete(null, '{\"rows\": 5}', p_entity => 'odd', p_reason => 'why')"
        )
    assert ledger(site, "key_columns, rows_done") == [(["k"], 2)]
    assert verified(site) == [(True, 0, 0, {})]
    site.do("set timezone = 'America/Lima'; set datestyle = 'SQL, DMY'; set extra_float_digits = 0")
    site.db.execute("""insert into "Ö s"."t" values (%s, 5)""", (key,))
    site.db.execute("""insert into "Ö s"."new" values (%s)""", (key,))
    ((is_ok, roots, hanging, _),) = verified(site)
    assert (is_ok, roots, hanging) == (False, 1, 1)
    entry = site.value("select pydb.erasure_export()")
    again = site.db.execute("select outcome, back, rows from pydb.erasure_replay(%s)", (json.dumps(entry),))
    assert again.fetchone() == ("deleted", 1, 2)
    assert all(ok for ok, *_ in verified(site))


def test_the_ledger_is_append_only(shop: Site) -> None:
    erase(shop, 1)
    job = shop.request(None, {"id": 2}, None, entity="customer", reason=WHY)
    for change in (
        "delete from pydb.erasure",
        "truncate pydb.erasure",
        "update pydb.erasure set reason = 'another'",
        "update pydb.erasure set rows_done = 0 where state = 'completed'",
        f"update pydb.erasure set key_hashes = '{{}}' where job = {job}",
        f"update pydb.erasure set deadline = now() where job = {job}",
    ):
        with refused("YD009"):
            shop.do(change)
    assert [state for (state,) in ledger(shop, "state")] == ["completed", "requested"]


def test_a_replay_takes_again_what_came_back_and_says_what_it_did(shop: Site) -> None:
    erase(shop, 1)
    shop.do("select pydb.erasure_refuse('customer', '{\"id\": 3}', 'x', 'YD302')")
    entries = [entry for (entry,) in shop.db.execute("select pydb.erasure_export()").fetchall()]
    shop.do("insert into shop.customer values (1); insert into shop.sale values (900, 1)")
    with contextlib.closing(db.connect(shop.dsn)) as conn:
        dry = list(erasure.replay(conn, entries, dry_run=True))
        assert [(one.outcome, one.back, one.rows) for one in dry] == [("planned", 1, 2), ("not_erased", 0, 0)]
        assert shop.counts_of("shop.customer") == 3
        done = list(erasure.replay(conn, entries))
        assert [(one.outcome, one.rows) for one in done] == [("deleted", 2), ("not_erased", 0)]
        again = list(erasure.replay(conn, entries))
        assert [one.outcome for one in again] == ["nothing", "not_erased"]
        with refused("YD301"):
            shop.db.execute("select pydb.erasure_replay(%s, '[{\"id\": 3}]')", (json.dumps(entries[0]),))
    assert ledger(shop, "state, replay_of is not null") == [
        *(("completed", False), ("refused", False), ("completed", True)),
    ]
    assert shop.counts() == (2, 3, 6, 3)


def test_one_entry_that_fails_does_not_stop_the_others(shop: Site) -> None:
    shop.do("create table shop.guest (id int primary key); insert into shop.guest values (1)")
    shop.do("select pydb.entity_set('guest', 'shop.guest')")
    shop.do("select pydb.cascade_delete(null, '{\"id\": 1}', p_entity => 'guest', p_reason => 'why')")
    erase(shop, 1)
    erase(shop, 2)
    entries = [entry for (entry,) in shop.db.execute("select pydb.erasure_export()").fetchall()]
    shop.do("insert into shop.customer values (1), (2); select pydb.entity_drop('guest')")
    shop.do("create table shop.bar (id int references shop.customer); insert into shop.bar values (1)")
    shop.do("""select pydb.entity_set('customer', 'shop.customer', '{"shop.bar.bar_id_fkey": "block"}')""")
    with contextlib.closing(db.connect(shop.dsn)) as conn:
        done = list(erasure.replay(conn, [*entries, {"id": "no uuid"}]))
    assert [(one.outcome, one.sqlstate) for one in done] == [
        *(("failed", "YD002"), ("failed", "YD302"), ("deleted", None), ("failed", "YD301")),
    ]
    assert shop.value("select array_agg(id order by id) from shop.customer") == [1, 3]


def test_an_entity_that_wants_a_second_person_waits_for_him(shop: Site) -> None:
    erase(shop, 1)
    shop.do("select pydb.entity_set('customer', 'shop.customer', '{\"*\": \"delete\"}', p_approval => true)")
    entry = json.dumps(shop.value("select pydb.erasure_export()"))
    shop.do("insert into shop.customer values (1)")
    found = shop.db.execute("select outcome, back, job from pydb.erasure_replay(%s)", (entry,)).fetchone()
    assert found == ("requested", 1, 1)
    assert shop.counts_of("shop.customer") == 3
    assert ledger(shop, "state, replay_of is null")[-1] == ("requested", False)


@pytest.fixture(scope="module")
def aging(tmp_path_factory: pytest.TempPathFactory, server: TestServer) -> Iterator[TestServer]:
    """A server of this module alone, of which base backups are taken."""
    del tmp_path_factory
    with TestServer(server.name, {"max_connections": 20}) as made:
        yield made


@contextlib.contextmanager
def restored(server: TestServer, place: Path) -> Iterator[embedded.Server]:
    """Another server, started on a base backup as it was taken."""
    with embedded.Server(place / "data", server.bin_dir, SETTINGS) as made:
        yield made


def base_backup(server: TestServer, place: Path) -> None:
    account = Account.for_servers()
    account.own(place)
    made = account.run(
        [
            str(server.bin_dir / "pg_basebackup"),
            *("-h", server.host, "-p", str(server.port), "-U", "postgres"),
            *("-D", str(place / "data"), "-X", "stream", "-c", "fast", "--no-sync"),
        ]
    )
    assert made.returncode == 0, made.stdout


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that a server can use."""
    made = Path(tempfile.mkdtemp(prefix="pydb-restore-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_after_a_restore_of_an_older_backup_nobody_is_back(
    aging: TestServer, place: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "ledger.jsonl"
    with aging.database(migrated=True) as database:
        with contextlib.closing(Site(database.dsn)) as site:
            opened(site)
            site.do("insert into shop.customer select generate_series(10, 149)")
            site.do("insert into shop.sale select 1000 + i, i from generate_series(10, 149) as i")
            site.do("insert into shop.log select 1000 + i, i from generate_series(10, 149) as i")
            for key in (1060, 1130):  # copies that the backup has too
                site.delete("shop.sale", {"id": key}, {"*": "delete"}, archive=True)
            erase(site, 3)
            before = site.counts()
            base_backup(aging, place)
            for key in range(10, 25):
                erase(site, key)
            job = site.request(
                *(None, [{"id": key} for key in range(60, 75)], None),
                entity="customer", reason=WHY, purge=True,
            )  # fmt: skip
            site.run_job(job).succeeded()
            after = site.counts()
            with contextlib.closing(db.connect(database.dsn)) as conn:
                assert len(erasure.export(conn, copy).entries) == 17
        with (
            restored(aging, place) as server,
            contextlib.closing(Site.again(server.dsn(database.name))) as site,
            contextlib.closing(db.connect(server.dsn(database.name))) as conn,
        ):
            assert site.counts() == before
            # the file knows more than the database: it is not written over
            with pytest.raises(UsageError, match="16 erasures"):
                erasure.export(conn, copy)
            entries = erasure.read(copy).entries
            dry = list(erasure.replay(conn, entries, dry_run=True))
            assert sum(one.back for one in dry) == 30
            assert site.counts() == before
            site.do("select pydb.guard_allow('the restore of this test')")
            done = list(erasure.replay(conn, entries))
            assert [one.outcome for one in done] == ["nothing", *["deleted"] * 15, "requested"]
            site.run_job().succeeded()
            assert site.counts() == after
            assert site.counts_of("pydb_archive.shop__sale") == 1  # of one who was not erased
            assert {one.outcome for one in erasure.replay(conn, entries)} == {"nothing"}
            looked = erasure.verify(conn)
            assert len(looked) == 33
            assert all(one.ok for one in looked)
            assert len(erasure.export(conn, copy).entries) == 33


@pytest.mark.parametrize("damage", ["cut", "flipped", "foreign", "empty"])
def test_a_file_that_is_not_whole_is_refused_before_anything_is_done(
    shop: Site, tmp_path: Path, damage: str
) -> None:
    erase(shop, 1)
    copy = tmp_path / "ledger.jsonl"
    with contextlib.closing(db.connect(shop.dsn)) as conn:
        made = erasure.export(conn, copy)
        assert erasure.read(copy) == made
        assert erasure.export(conn, copy).entries == made.entries
        assert [path.name for path in tmp_path.iterdir()] == ["ledger.jsonl"]
        assert copy.stat().st_mode & 0o777 == 0o600
        body = copy.read_bytes()
        copy.write_bytes(
            {
                "cut": body[: len(body) // 2],
                "flipped": body.replace(b"completed", b"requested"),
                "foreign": b'{"a": 1}\n',
                "empty": b"",
            }[damage]
        )
        with pytest.raises(UsageError, match="no whole ledger"):
            erasure.read(copy)
        with pytest.raises(UsageError, match="no whole ledger"):
            erasure.export(conn, copy)
        assert cascade.receipt(conn, run=cast("int", shop.value("select run_ids[1] from pydb.erasure")))
