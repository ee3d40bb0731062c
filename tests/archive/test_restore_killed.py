"""A restore in pieces is killed: each row is in its table or in the archive, and the next one ends it."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.archive.filelab import WAITING, WAITS
from tests.archive.lab import OLD
from tests.cli.conftest import Cli
from tests.servers import PAUSE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archive.lab import Lab
    from tests.conftest import Connect

ROWS = 300
OURS = "datname = current_database() and application_name = 'pydb'"


@pytest.mark.parametrize("kill", ["SIGKILL of the command", "SIGINT", "terminated backend"])
def test_killed(lab: Lab, connect: Connect, dsn: str, tmp_path: Path, kill: str) -> None:
    lab.do(
        "create table public.t (id int primary key, at timestamptz);"
        "create table public.child (id int primary key, t_id int references public.t on delete cascade);"
        "create index on public.child (t_id);"
        f"insert into public.t select i, '{OLD}' from generate_series(1, {ROWS}) as i;"
        f"insert into public.child select i, i from generate_series(1, {ROWS}) as i"
    )
    lab.archives(fuse_share=1)
    assert lab.prune_into_archive() == 2 * ROWS
    run = str(lab.last())
    cli = Cli(dsn, tmp_path)
    other = connect(autocommit=False)
    # a child that comes back waits for what may become its double
    other.execute(b"insert into public.child values (200, null)")
    command = ("archive", "restore", run, "--batch", "70", "--yes")
    process = cli.start(*command)
    while not lab.one(WAITS):
        assert process.poll() is None, process.communicate()
        time.sleep(PAUSE)
    if kill == "terminated backend":
        lab.do(f"select pg_terminate_backend(pid) from pg_stat_activity where {WAITING}")
    else:
        process.send_signal(signal.SIGKILL if kill == "SIGKILL of the command" else signal.SIGINT)
    if kill == "SIGKILL of the command":
        process.wait()
        lab.do(f"select pg_terminate_backend(pid) from pg_stat_activity where {OURS}")
    result = cli.finish(process)
    other.rollback()
    while lab.one(f"select exists (select from pg_stat_activity where {OURS})"):
        time.sleep(PAUSE)
    back = lab.number("select count(*) from public.t"), lab.number("select count(*) from public.child")
    assert 0 < sum(back) < 2 * ROWS
    assert [(lab.archived(), lab.archived("public.child"))] == [(ROWS - back[0], ROWS - back[1])]
    assert lab.number("select sum(restored)::bigint from pydb.archive_run") == sum(back)
    if kill != "SIGKILL of the command":
        assert result.code == (130 if kill == "SIGINT" else 69), result
        assert f"{sum(back):,} rows of run {run} went back for good" in result.err
    # the same command ends it
    again = cli(*command, "--json")
    assert again.code == 0, again
    assert (lab.number("select count(*) from public.t"), lab.number("select count(*) from public.child")) == (
        ROWS,
        ROWS,
    )
    assert cli(*command).code == 0


def test_what_conflicts_does_not_hold_up_the_rest(lab: Lab, dsn: str, tmp_path: Path) -> None:
    lab.do(
        "create table public.t (id int primary key, at timestamptz);"
        f"insert into public.t select i, '{OLD}' from generate_series(1, {ROWS}) as i"
    )
    lab.archives(fuse_share=1)
    lab.prune_into_archive()
    lab.do(f"insert into public.t select i, '{OLD}' from generate_series(1, 100) as i")
    cli = Cli(dsn, tmp_path)
    command = ("archive", "restore", str(lab.last()), "--batch", "20", "--yes", "--json")
    stopped = cli(*command)
    assert (stopped.code, stopped.error["sqlstate"]) == (1, "YD605")
    done = cli(*command, "--on-conflict", "skip")
    assert done.code == 1
    relations = done.document["relations"]
    assert isinstance(relations, list)
    assert [(one["restored"], one["conflicts"], one["codes"]) for one in relations] == [
        (200, 100, ["key_exists"])
    ]
