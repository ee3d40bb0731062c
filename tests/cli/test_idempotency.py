"""pydb idempotency: what operators see of keys, and what they can do to them."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.privileges.conftest import ROLES, ROLES_FILE

if TYPE_CHECKING:
    from tests.cli.conftest import Cli, WaitFor
    from tests.conftest import Connection, RoleFactory
    from tests.servers import Database

# a database in which there were keys is not what it was
pytestmark = pytest.mark.usefixtures("alone")

CLAIM = "select token from pydb.idempotency_claim('tune', %s, null, %s, p_on_stale => %s, p_owner => 'w1')"


@pytest.fixture
def keys(db: Connection) -> Connection:
    """Key ``live`` is worked on, ``stale`` and ``held`` were left, ``done`` and ``bad`` are finished."""
    for key, lease, on_stale in (
        ("live", "1 hour", "takeover"),
        ("stale", "0", "takeover"),
        ("it's held", "0", "hold"),
    ):
        db.execute(CLAIM, (key, lease, on_stale))
    for key, verb, rest in (
        ("done", "complete", "'{\"tune_id\": 4711}', 200"),
        ("bad", "fail", '\'{"type": "Timeout"}\', false, 504'),
    ):
        (token,) = db.execute(CLAIM, (key, "1 hour", "takeover")).fetchone() or (None,)
        db.execute(f"select pydb.idempotency_{verb}('tune', %s, %s, {rest})".encode(), (key, token))
    return db


def expire(db: Connection, keys: int) -> None:
    """Make so many expired keys."""
    db.execute(
        "insert into pydb.idempotency_key"
        " (claimed_at, finished_at, lease_until, expires_at, state, hold, scope, key)"
        " select now(), now(), now(), now() - interval '1 hour', 'completed', false, 'old', i::text"
        " from generate_series(1, %s) as i",
        (keys,),
    )


def left(db: Connection, scope: str = "old") -> object:
    row = db.execute("select count(*) from pydb.idempotency_key where scope = %s", (scope,)).fetchone()
    return row[0] if row else None


def names(document: dict[str, object]) -> list[object]:
    found = document["keys"]
    assert isinstance(found, list)
    return [key["key"] for key in found]


def test_one_key_is_shown_without_its_result(keys: Connection, cli: Cli) -> None:
    shown = cli("idempotency", "show", "tune", "done")
    assert shown.code == 0
    for text in ("completed", "the recorded result", "w1", "200", "ago", "Z, in 2"):
        assert text in shown.out
    assert "4711" not in shown.out + shown.err
    document = cli("idempotency", "show", "tune", "done", "--json").document
    assert "result" not in document
    found = document["keys"]
    assert isinstance(found, list)
    assert [found[0][name] for name in ("status", "code", "attempt", "owner")] == ["completed", 200, 1, "w1"]
    asked = cli("idempotency", "show", "tune", "done", "--result", "--json").document
    assert (asked["next_claim"], asked["result"]) == ("replay", {"tune_id": 4711})
    assert '{"tune_id": 4711}' in cli("idempotency", "show", "tune", "done", "--result").out


def test_a_key_that_waits_is_shown_with_what_to_type(keys: Connection, cli: Cli) -> None:
    held = cli("idempotency", "show", "tune", "it's held")
    assert "ambiguous" in held.out
    assert "pydb idempotency resolve tune 'it'\"'\"'s held' --as completed" in held.err
    bad = cli("idempotency", "show", "tune", "bad")
    assert '{"type": "Timeout"}' in bad.out
    nobody = cli("idempotency", "show", "tune", "nobody", "--json")
    assert (nobody.code, nobody.document["keys"]) == (1, [])


def test_keys_are_listed_by_status(keys: Connection, cli: Cli) -> None:
    expire(keys, 1)
    assert names(cli("idempotency", "show", "tune", "--json").document) == [
        "bad",
        "done",
        "it's held",
        "stale",
        "live",
    ]
    for status, found in (("pending", "live"), ("held", "it's held"), ("expired", "1")):
        assert names(cli("idempotency", "show", "--status", status, "--json").document) == [found]
    few = cli("idempotency", "show", "--limit", "2")
    assert few.code == 0
    assert "--limit 20" in few.err
    assert "4711" not in few.out
    none = cli("idempotency", "show", "--status", "retryable")
    assert (none.code, none.out) == (0, "")
    listed = cli("idempotency", "list", "tune", "--json")
    assert (listed.code, names(listed.document)) == (
        0,
        names(cli("idempotency", "show", "tune", "--json").document),
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "--status", "lost"), "one of pending, stale, held"),
        (("show", "tune", "--result"), "SCOPE KEY --result"),
        (("resolve", "tune", "held", "--as", "gone", "--yes"), "one of completed, failed, retry"),
        (("resolve", "tune", "held", "--as", "completed", "--result", "{", "--yes"), "--result is not JSON"),
        (("resolve", "tune", "held", "--as", "completed", "--result", "NaN", "--yes"), "NaN is no JSON"),
        (
            ("resolve", "tune", "held", "--as", "retry", "--result", "1", "--yes"),
            "does not go with --as retry",
        ),
        (("reset", "x" * 256, "k"), "255 bytes"),
        (("prune", "--max-runtime", "soon"), "interval"),
        (("prune", "--limit", "0"), "limit"),
    ],
)
def test_what_cannot_be_is_said(cli: Cli, arguments: tuple[str, ...], said: str) -> None:
    refused = cli("idempotency", *arguments)
    assert refused.code == 64
    assert said in refused.err


def test_a_reset_asks_and_spares_who_works(keys: Connection, cli: Cli) -> None:
    asked = cli("idempotency", "reset", "tune", "done")
    assert asked.code == 64
    assert "Forget key done in scope tune (completed" in asked.err
    assert cli.on_terminal("idempotency", "reset", "tune", "done", answer=b"n\n").code == 1
    assert cli("idempotency", "reset", "tune", "done", "--dry-run").code == 0
    assert left(keys, "tune") == 5
    done = cli("idempotency", "reset", "tune", "done", "--reason", "wrong tune", "--yes")
    assert (done.code, done.out) == (0, "key done in scope tune is forgotten\n")
    live = cli("idempotency", "reset", "tune", "live")
    assert live.code == 1
    assert "its lease runs" in live.err
    assert "--force" in live.err
    forced = cli("idempotency", "reset", "tune", "live", "--force", "--yes", "--json")
    assert (forced.code, forced.document["outcome"]) == (0, "ok")
    gone = cli("idempotency", "reset", "tune", "live", "--json")
    assert (gone.code, gone.document["outcome"], gone.document["key"]) == (1, "gone", None)
    audited = keys.execute(
        "select arguments ->> 'key', arguments ->> 'reason' from pydb.audit_log"
        " where action = 'idempotency_reset' order by id"
    ).fetchall()
    assert audited == [("done", "wrong tune"), ("live", None)]


def test_a_resolution_is_what_later_claims_get(keys: Connection, cli: Cli) -> None:
    held = ("idempotency", "resolve", "tune", "it's held", "--as", "completed", "--code", "201")
    assert cli(*held, "--result", '{"a": 1}').code == 64
    assert cli(*held, "--result", '{"a": 1}', "--dry-run", "--json").document["outcome"] == "ok"
    done = cli(*held, "--result", "-", "--yes", stdin='{"a": "ü"}'.encode())
    assert (done.code, done.out) == (0, "key it's held in scope tune is resolved as completed\n")
    claim = "select outcome, code, result from pydb.idempotency_claim('tune', %s)"
    assert keys.execute(claim, ("it's held",)).fetchone() == ("replay", 201, {"a": "ü"})
    again = cli(*held)
    assert again.code == 1
    assert "it is finished, completed" in again.err
    assert "pydb idempotency reset tune" in again.err
    error = ("--as", "failed", "--error", '"lost"', "--yes")
    assert cli("idempotency", "resolve", "tune", "stale", *error).code == 0
    assert keys.execute(claim, ("stale",)).fetchone() == ("replay_failed", None, None)
    live = ("idempotency", "resolve", "tune", "live", "--as", "retry")
    assert cli(*live, "--json").document["outcome"] == "in_progress"
    assert cli(*live, "--force", "--yes").code == 0
    assert keys.execute(claim, ("live",)).fetchone() == ("acquired", None, None)


def test_a_prune_takes_what_a_dry_run_counted(keys: Connection, cli: Cli) -> None:
    expire(keys, 2_500)
    planned = cli("idempotency", "prune", "--dry-run", "--json").document
    assert (planned["keys"], planned["stop_reason"], left(keys)) == (2_500, "exhausted", 2_500)
    some = cli("idempotency", "prune", "--limit", "1200")
    assert some.code == 1
    assert "1,200 expired keys deleted" in some.out
    assert "row_budget" in some.out
    one = cli("idempotency", "prune", "--max-runtime", "1 us", "--json")
    assert (one.code, one.document["stop_reason"], left(keys)) == (1, "time_budget", 800)
    rest = cli("idempotency", "prune", "--json")
    assert (rest.code, rest.document["keys"], left(keys)) == (0, 800, 0)
    assert left(keys, "tune") == 5


def test_a_prune_that_is_stopped_keeps_what_it_did(keys: Connection, cli: Cli, wait_for: WaitFor) -> None:
    expire(keys, 10_001)
    keys.execute(
        "create function public.gate() returns trigger language plpgsql as $$ begin"
        " if old.key = '10001' then perform pg_advisory_lock(4711); end if; return old; end $$"
    )
    keys.execute(
        "create trigger gate before delete on pydb.idempotency_key"
        " for each row execute function public.gate()"
    )
    keys.execute("select pg_advisory_lock(4711)")
    keys.execute("update pydb.idempotency_key set expires_at = now() - interval '1 min' where key = '10001'")
    process = cli.start("idempotency", "prune", "--json")
    wait_for("select exists (select from pg_locks where locktype = 'advisory' and not granted)")
    process.send_signal(signal.SIGTERM)
    ended = cli.finish(process)
    assert ended.code == 130
    assert (ended.document["keys"], ended.document["stop_reason"]) == (10_000, "cancelled")
    assert left(keys) == 1


def test_stats_count_and_say_how_old(keys: Connection, cli: Cli) -> None:
    expire(keys, 3)
    document = cli("idempotency", "stats", "--json").document
    counts = (
        "exact",
        "keys",
        "pending",
        "stale",
        "held",
        "completed",
        "failed",
        "failed_retryable",
        "expired",
    )
    assert [document[name] for name in counts] == [True, 8, 1, 1, 1, 4, 1, 0, 3]
    shown = cli("idempotency", "stats", "--exact")
    assert shown.code == 0
    for text in ("in progress", "lease ended", "expired ", "takeovers"):
        assert text in shown.out


def test_doctor_speaks_up_for_keys_that_wait(keys: Connection) -> None:
    def findings() -> dict[object, object]:
        about = "select reason_code, hint from pydb_internal.doctor_idempotency()"
        return dict(keys.execute(about.encode()).fetchall())

    expire(keys, 3)
    assert set(findings()) == {"held"}
    keys.execute(
        "update pydb.idempotency_key set expires_at = now() - interval '25 hours' where scope = 'old'"
    )
    keys.execute("alter sequence pydb.idempotency_token cache 2")
    found = findings()
    assert set(found) == {"held", "not_pruned", "token_cache"}
    assert "pydb idempotency show --status held" in str(found["held"])
    keys.execute("select pydb.idempotency_prune(), pydb.idempotency_reset('tune', 'it''s held')")
    keys.execute("alter sequence pydb.idempotency_token cache 1")
    assert set(findings()) == {"in_order"}


def test_who_may_do_what(keys: Connection, cli: Cli, database: Database, role: RoleFactory) -> None:
    database.roles.extend(ROLES)
    keys.execute(ROLES_FILE.read_bytes())
    users = {name: role(name, f"in role pydb_{name}") for name in ("monitor", "admin", "app")}

    def code(user: str, *arguments: str) -> int:
        return cli("idempotency", *arguments, PYDB_DSN=f"{database.dsn} user={users[user]}").code

    assert code("monitor", "stats") == 0
    assert code("monitor", "prune") == 77
    assert code("app", "show") == 77
    assert code("admin", "show", "tune", "done", "--result") == 0
