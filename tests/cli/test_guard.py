"""``pydb guard``, ``pydb audit``, and the approval of policies and entities."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli
    from tests.conftest import Connection


@pytest.fixture
def events(db: Connection) -> Connection:
    db.execute("create table public.event (id bigint primary key, at timestamptz not null)")
    db.execute(
        "insert into public.event select i, now() - (i || ' days')::interval from generate_series(1, 60) i"
    )
    db.execute("select pydb.retention_policy_set('events', 'public.event', 'at', '50 days')")
    db.execute("select pydb.entity_set('event', 'public.event')")
    return db


def test_held_and_allowed(cli: Cli, events: Connection) -> None:
    assert cli("guard", "status").out.startswith("open\n")
    events.execute("select pydb_internal.guard_admit()")
    guard = cast("dict[str, object]", cli("guard", "status", "--json").document["guard"])
    for part in ("system_identifier", "timeline", "database_oid", "database_name"):
        assert guard[part] is not None
        assert guard[f"found_{part}"] == guard[part]
    assert (guard["state"], guard["blocks"]) == ("ok", [])
    events.execute("update pydb.guard_server set system_identifier = 1")
    result = cli("guard", "status")
    assert (result.code, result.out.startswith("held: ")) == (1, True)
    (server,) = (line.split() for line in result.out.splitlines() if line.split()[:1] == ["server"])
    assert server == ["server", "1", str(guard["system_identifier"])]
    (blocked,) = (line for line in result.out.splitlines() if line.startswith("blocked: "))
    assert {"cascade,", "orphan_repair,", "retention,"} <= set(blocked.split())
    assert "orphan_scan" not in blocked
    run = cli("retention", "run", "events", "--yes", "--json")
    assert run.code == 1
    run = cli("retention", "run", "events", "--yes")
    assert "pydb guard allow why" in run.err
    assert cli("guard", "allow", " ").code == 64
    assert cli("guard", "allow", "it moved", "--dry-run").code == 0
    assert cli("guard", "status").code == 1
    assert cli("guard", "allow", "it moved", "--json").document["document"] == "guard.allow"
    assert cli("guard", "status").out.startswith("ok\n")
    assert cli("guard", "allow", "failover", "--next", "--for", "2 hours").code == 0
    guard = cast("dict[str, object]", cli("guard", "status", "--json").document["guard"])
    assert (guard["state"], guard["allow_next"], guard["allow_reason"]) == ("ok", True, "failover")


def test_drift_and_approval(cli: Cli, events: Connection) -> None:
    assert cli("guard", "drift").code == 0
    assert cli("guard", "set", "policy", "events", "--schema-drift", "hold", "--dry-run").code == 0
    assert cli("guard", "set", "policy", "events", "--schema-drift", "hold").code == 0
    assert cli("guard", "set", "entity", "event", "--schema-drift", "hold", "--json").code == 0
    assert cli("guard", "set", "policy", "nobody").code == 64
    events.execute("create table public.note (id bigint references public.event on delete cascade)")
    result = cli("guard", "drift")
    assert result.code == 1
    assert "! policy events: reference public.note.note_id_fkey added" in result.out
    run = cli("retention", "run", "events", "--yes")
    assert run.code == 1
    assert "pydb policy approve events" in run.err
    assert cli("policy", "approve", "events").code == 64
    assert cli("policy", "approve", "events", "--dry-run").code == 0
    document = cli("policy", "approve", "events", "--yes", "--reason", "ours", "--json").document
    assert len(cast("list[object]", document["changes"])) > 0
    assert cli("retention", "run", "events", "--yes").code == 0
    assert cli("cascade", "delete", "event", "1", "--yes").code == 1
    assert cli("entity", "approve", "event", "--yes").code == 0
    assert cli("cascade", "delete", "event", "1", "--yes").code == 0
    assert cli("guard", "drift", "--json").document["policies"] == []
    assert cli("entity", "approve", "nobody", "--yes").code == 64


def test_the_chain(cli: Cli, events: Connection, tmp_path: Path) -> None:
    assert cli("audit", "head").code == 1
    assert cli("audit", "seal").code == 0
    head = cli("audit", "head")
    assert head.code == 0
    assert cli("audit", "head", "--json").document["head"] == head.out.strip()
    kept = tmp_path / "heads"
    kept.write_text(head.out)
    assert cli("audit", "verify", "--heads", str(kept)).code == 0
    files = tmp_path / "files"
    files.mkdir()
    events.execute(
        "select pydb.retention_policy_set('events', 'public.event', 'at', '50 days', p_action => 'export')"
    )
    assert cli("archive", "export", "events", "--to", str(files), "--yes").code == 0
    result = cli("audit", "verify", "--archive", str(files), "--json")
    assert (result.code, result.document["heads"]) == (0, 1)
    events.execute("set session_replication_role = replica")
    events.execute("update pydb.audit_log set actor = 'nobody' where id = 1")
    result = cli("audit", "verify", "--heads", str(kept), "--json")
    assert result.code == 2
    findings = cast("list[dict[str, object]]", result.document["findings"])
    assert [(one["finding"], one["audit_id"]) for one in findings] == [("edited", 1)]
    # all of it made anew: only who kept a head can tell
    events.execute("truncate pydb.audit_seal")
    events.execute("update pydb.audit_head set block = 0, hash = '', to_id = -9223372036854775807")
    assert cli("audit", "seal").code == 0
    assert cli("audit", "verify").code == 0
    for option in (("--heads", str(kept)), ("--archive", str(files))):
        result = cli("audit", "verify", *option)
        assert (result.code, result.out.startswith("head_unknown")) == (2, True)
    assert cli("audit", "verify", "--heads", str(tmp_path / "nothing")).code == 64
    kept.write_text("no head")
    assert cli("audit", "verify", "--heads", str(kept)).code == 64
