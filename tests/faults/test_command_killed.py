"""D5: the command is killed, interrupted or terminated, or its terminal is closed, in the middle of a run."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import COMMAND, Cli
from tests.faults.lab import AFTER_GATE, EXPIRED

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.lab import Lab

RUN = ("retention", "run", "events", "--yes")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_d5_signal_stops_the_run_and_says_so(lab: Lab, tmp_path: Path, number: signal.Signals) -> None:
    lab.table()
    lab.policy()
    cli = Cli(lab.dsn, tmp_path)
    with lab.gate():
        process = cli.start(*RUN)
        lab.at_the_gate()
        process.send_signal(number)
        result = cli.finish(process)
    assert result.code == 130, result
    assert "Traceback" not in result.err
    (row,) = lab.runs()
    assert (row.state, row.stop_reason, row.rows_done) == ("cancelled", "cancelled", 64 + 128)
    lab.balanced()
    again = cli(*RUN)
    assert again.code == 0, again
    assert lab.gone() == EXPIRED
    lab.balanced()


def test_d5_second_sigint_is_safe(lab: Lab, tmp_path: Path) -> None:
    """The impatient press Ctrl-C again, and again: the run is still settled before the command ends."""
    lab.table()
    lab.policy()
    cli = Cli(lab.dsn, tmp_path)
    with lab.gate():
        process = cli.start(*RUN)
        lab.at_the_gate()
        for _ in range(20):
            process.send_signal(signal.SIGINT)
        result = cli.finish(process)
    assert result.code == 130, result
    assert "Traceback" not in result.err
    assert [row.state for row in lab.runs()] == ["cancelled"]
    lab.balanced()
    lab.converges()


def test_d5_killed_command_takes_the_run_along_after_the_current_batch(lab: Lab, tmp_path: Path) -> None:
    lab.table()
    lab.policy()
    cli = Cli(lab.dsn, tmp_path)
    with lab.gate() as gate:
        process = cli.start(*RUN)
        pid = lab.at_the_gate()
        process.kill()
        cli.finish(process)
        gate.open()
        lab.until_gone(pid)
    (row,) = lab.runs()
    assert (row.state, row.rows_done) == ("running", AFTER_GATE)
    lab.balanced(live=1)
    again = cli(*RUN)
    assert again.code == 0, again
    assert [row.state for row in lab.runs()] == ["interrupted", "completed"]
    assert lab.gone() == EXPIRED
    lab.balanced()


def test_d5_killed_command_takes_a_resting_run_along(lab: Lab, tmp_path: Path) -> None:
    """A long pause is not waited for to find out that nobody watches any more."""
    lab.table(dense=True)
    lab.policy(rows_per_second=1)
    cli = Cli(lab.dsn, tmp_path)
    process = cli.start(*RUN)
    lab.until(
        "select exists (select 1 from pg_stat_activity where wait_event = 'PgSleep'"
        " and datname = current_database())"
    )
    pid = lab.value("select pid from pydb.job_run")
    gone = lab.gone()
    process.kill()
    cli.finish(process)
    assert isinstance(pid, int)
    lab.until_gone(pid)
    assert lab.gone() == gone
    lab.balanced(live=1)


def test_d5_closed_terminal_stops_the_run(lab: Lab, tmp_path: Path) -> None:
    lab.table()
    lab.policy()
    cli = Cli(lab.dsn, tmp_path)
    with lab.gate():
        child, terminal = pty.fork()
        if child == 0:
            os.execve(COMMAND[0], [*COMMAND, *RUN], {**cli.env, "TERM": "xterm"})  # noqa: S606
        lab.at_the_gate()
        while select.select([terminal], [], [], 0)[0]:
            os.read(terminal, 65536)
        os.close(terminal)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 130
    (row,) = lab.runs()
    assert (row.state, row.rows_done) == ("cancelled", 64 + 128)
    lab.converges()


def test_d5_command_whose_server_process_is_terminated(lab: Lab, tmp_path: Path) -> None:
    """The other side dies: a lost connection, by its exit code, without a traceback."""
    lab.table()
    lab.policy()
    cli = Cli(lab.dsn, tmp_path)
    with lab.gate():
        process = cli.start(*RUN)
        pid = lab.at_the_gate()
        lab.db.execute("select pg_terminate_backend(%s)", (pid,))
        result = cli.finish(process)
        lab.until_gone(pid)
    assert result.code in (2, 69), result
    assert "Traceback" not in result.err
    assert result.err.strip()
    lab.balanced(live=1)
    lab.converges()


def test_c1_exit_code_of_a_skipped_run(lab: Lab, tmp_path: Path) -> None:
    lab.table()
    lab.policy()
    cli = Cli(lab.dsn, tmp_path)
    with lab.gate() as gate:
        run = lab.start()
        gate.reached_by(run)
        result = cli(*RUN)
        assert result.code == 1
        assert "skipped" in result.out
        with contextlib.closing(lab.session()):
            gate.open()
        run.succeeded()
    lab.balanced()
