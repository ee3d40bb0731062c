"""``pydb policy``: compare and apply a policy file, list, show, explain and drop policies."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, cast

import typer

from pydb.cli import _approve, _limits, _names, _output, _policies, _policyfiles, _rules, _watermarks
from pydb.errors import ExitCode

if TYPE_CHECKING:
    from pydb.retention import PolicyOptions

app = typer.Typer(
    help="Retention policies: set, diff, apply, show, explain, approve, drop.", no_args_is_help=True
)


@app.command()
def apply(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="TOML file, or - for standard input.")],
    prune: Annotated[
        bool, typer.Option("--prune", help="Drop policies that the file does not name.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the difference, change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before policies are dropped.")] = False,
) -> None:
    """Make the policies of the database those of FILE, in one transaction.

    A file has a table policy.NAME for each policy, with the keys table, time_column, keep and the other
    arguments of pydb.retention_policy_set without p_. A key that is left out takes its default.
    """
    from pydb import policyfile

    data, source = _policyfiles.read(file)
    policies = policyfile.parse(data, source)
    with _output.connect(ctx) as conn:
        if prune and not dry_run:
            planned = policyfile.apply(conn, policies, prune=True, dry_run=True)
            doomed = [change.name for change in planned if change.kind == "removed"]
            if doomed:
                _policyfiles.confirm_removal(doomed, yes=yes)
        changes = policyfile.apply(conn, policies, prune=prune, dry_run=dry_run)
    _policyfiles.show_changes(ctx, changes, dry_run=dry_run)


@app.command()
def diff(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="TOML file, or - for standard input.")],
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit code 1 if anything differs, for checks.")
    ] = False,
) -> None:
    """Show what FILE would change in the database, and what the database has that FILE does not name.

    It does what policy apply --prune --dry-run does, and shows only what differs: for a check of a pull
    request, and for a look every night whether the database is what the file says.
    """
    from pydb import policyfile

    policies = policyfile.parse(*_policyfiles.read(file))
    with _output.connect(ctx) as conn:
        changes = policyfile.apply(conn, policies, prune=True, dry_run=True)
    differ = [change for change in changes if change.kind != "unchanged"]
    code = ExitCode.ATTENTION if differ and exit_code else ExitCode.DONE
    _policyfiles.show_changes(ctx, differ, dry_run=True, document="policy.diff", exit_code=code)
    raise typer.Exit(code)


@app.command(name="set")
def set_(
    ctx: typer.Context,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the policy.")],
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Table, as schema.table.")],
    time_column: Annotated[
        str, typer.Argument(metavar="COLUMN", help="The column that says how old a row is.")
    ],
    keep: Annotated[str, typer.Argument(metavar="KEEP", help="How long a row is kept: '30 days', '1 year'.")],
    time_unit: Annotated[
        str | None, typer.Option(metavar="UNIT", help="Of an integer column: s, ms or us since 1970.")
    ] = None,
    filter_: Annotated[
        str | None,
        typer.Option(
            "--filter", metavar="CONDITION", help="Only rows for which this holds: \"kind = 'debug'\"."
        ),
    ] = None,
    action: Annotated[
        str | None,
        typer.Option(metavar="CHOICE", help="delete, or drop_partition: partitions that expired go at once."),
    ] = None,
    on_referenced: Annotated[
        str | None,
        typer.Option(metavar="CHOICE", help="Rows that others reference: skip, error, or cascade to them."),
    ] = None,
    strategy: Annotated[str | None, typer.Option(help="auto, heap or index.")] = None,
    batch_target: Annotated[
        str | None, typer.Option(metavar="INTERVAL", help="Time that a batch aims for, 10 ms to 60 s.")
    ] = None,
    max_rows: Annotated[int | None, typer.Option(help="Delete at most this many rows in a run.")] = None,
    max_runtime: Annotated[
        str | None, typer.Option(metavar="INTERVAL", help="Stop a run after this time, as '30 min'.")
    ] = None,
    rows_per_second: Annotated[int | None, typer.Option(help="Delete no faster than this.")] = None,
    fuse_rows: Annotated[int | None, typer.Option(help="Block a run that would delete more rows.")] = None,
    fuse_share: Annotated[
        float | None,
        typer.Option(help="Block a run that would delete a larger share; 1 = never (default 0.5)."),
    ] = None,
    schedule: Annotated[
        str | None, typer.Option(metavar="CRON", help="Five fields, in UTC: '15 3 * * *'.")
    ] = None,
    disabled: Annotated[bool, typer.Option("--disabled", help="Set it, but let no run take it.")] = False,
    expiry: Annotated[
        bool | None,
        typer.Option("--expiry/--no-expiry", help="COLUMN holds each row's own end; KEEP may be 0."),
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="For subtracting KEEP, and for columns without a zone.")
    ] = None,
    expire_minus_infinity: Annotated[
        bool, typer.Option("--expire-minus-infinity", help="Rows at -infinity expire too.")
    ] = False,
    watermark_table: _watermarks.Table = None,
    watermark_column: _watermarks.Column = None,
    watermark_pick: _watermarks.Pick = None,
    watermark_filter: _watermarks.Filter = None,
    watermark_function: _watermarks.Function = None,
    partition: Annotated[
        str | None,
        typer.Option(metavar="CHOICE", help="… and is dropped, kept or moved: drop, keep or move."),
    ] = None,
    partition_schema: Annotated[
        str | None, typer.Option(metavar="SCHEMA", help="Where detached partitions are moved to.")
    ] = None,
    partition_first: Annotated[
        str | None,
        typer.Option(metavar="CHOICE", help="Save its rows before it is dropped: archive or export."),
    ] = None,
    search_path: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SCHEMA", help="Where triggers look for names in a run, in this order. Repeatable."
        ),
    ] = None,
    keep_column: _rules.KeepColumn = None,
    keep_table: _rules.KeepTable = None,
    keep_by: _rules.KeepBy = None,
    keep_key: _rules.KeepKey = None,
    keep_value: _rules.KeepValue = None,
    keep_floor: _rules.KeepFloor = None,
    keep_last: _rules.KeepLast = None,
    keep_last_by: _rules.KeepLastBy = None,
    combine: _rules.Combine = None,
    windows: _limits.Windows = None,
    any_time: _limits.AnyTime = False,
    max_wal: _limits.MaxWal = None,
    catch_up_after: _limits.CatchUpAfter = None,
    catch_up_windows: _limits.CatchUpWindows = None,
    catch_up_any_time: _limits.CatchUpAnyTime = False,
    catch_up_max_rows: _limits.CatchUpMaxRows = None,
    catch_up_max_runtime: _limits.CatchUpMaxRuntime = None,
    catch_up_max_wal: _limits.CatchUpMaxWal = None,
    catch_up_rows_per_second: _limits.CatchUpRowsPerSecond = None,
    allow_short: Annotated[
        bool, typer.Option("--allow-short", help="KEEP may be below the setting min_keep.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, change nothing.")] = False,
) -> None:
    """Create or change one policy. Options that are left out return to their defaults."""
    from pydb import db, policyfile, retention

    options = {
        "time_unit": time_unit,
        "filter": filter_,
        "action": action,
        "on_referenced": on_referenced,
        "strategy": strategy,
        "batch_target": batch_target,
        "max_rows": max_rows,
        "max_runtime": max_runtime,
        "rows_per_second": rows_per_second,
        "fuse_rows": fuse_rows,
        "fuse_share": fuse_share,
        "schedule": schedule,
        "enabled": not disabled,
        "expiry": expiry,
        "timezone": timezone,
        "expire_minus_infinity": expire_minus_infinity,
        "allow_short": allow_short,
        "watermark_table": watermark_table,
        "watermark_column": watermark_column,
        "watermark_pick": watermark_pick,
        "watermark_filter": watermark_filter,
        "watermark_function": watermark_function,
        "partition": partition,
        "partition_schema": partition_schema,
        "search_path": search_path or None,
        "partition_first": partition_first,
        "keep_column": keep_column,
        "keep_table": keep_table,
        "keep_by": keep_by or None,
        "keep_key": keep_key or None,
        "keep_value": keep_value,
        "keep_floor": keep_floor,
        "keep_last": keep_last,
        "keep_last_by": keep_last_by or None,
        "combine": combine,
        "windows": _limits.names(windows, any_time=any_time),
        "max_wal": max_wal,
        "catch_up_after": catch_up_after,
        "catch_up_windows": _limits.names(catch_up_windows, any_time=catch_up_any_time),
        "catch_up_max_rows": catch_up_max_rows,
        "catch_up_max_runtime": catch_up_max_runtime,
        "catch_up_max_wal": catch_up_max_wal,
        "catch_up_rows_per_second": catch_up_rows_per_second,
    }
    given = {option: value for option, value in options.items() if value is not None}
    with _output.connect(ctx) as conn, db.transaction(conn, rollback=dry_run):
        before = {policy.name: policy for policy in retention.policies(conn, name)}
        retention.policy_set(conn, name, table, time_column, keep, **cast("PolicyOptions", given))
        after = {policy.name: policy for policy in retention.policies(conn, name)}
    changes = policyfile.difference(before, after)
    _policyfiles.show_changes(ctx, changes, dry_run=dry_run, document="policy.set")


@app.command()
def export(
    ctx: typer.Context,
    name: Annotated[
        list[str] | None,
        typer.Argument(
            autocompletion=_names.policies,
            metavar="POLICY",
            help="Only these; without one all but pydb's own.",
        ),
    ] = None,
) -> None:
    """Print the policies of the database as a file for pydb policy apply."""
    from pydb import policyfile, retention

    with _output.connect(ctx) as conn:
        found = retention.policies(conn)
        for one in name or ():
            if one not in {policy.name for policy in found}:
                raise _policies.unknown(conn, one)
    chosen = [policy for policy in found if (not name or policy.name in name) and not policy.builtin]
    text = policyfile.render(chosen)
    if not _output.emit(ctx, "policy.export", {"policies": [policy.name for policy in chosen], "toml": text}):
        _output.out(text.rstrip("\n") if text else "# no policy")


@app.command(name="list")
def list_(ctx: typer.Context) -> None:
    """List all policies."""
    from pydb import retention

    with _output.connect(ctx) as conn:
        policies = retention.policies(conn)
    if _output.emit(ctx, "policy.list", {"policies": [asdict(policy) for policy in policies]}):
        return
    _output.table(
        ["policy", "table", "time column", "keep", "action", "schedule", "state"],
        [
            (
                p.name,
                p.relation,
                p.time_column,
                _policies.keep(p),
                p.action,
                p.schedule or "not scheduled",
                _policies.state(p),
            )
            for p in policies
        ],
        prose=("state",),
        less=("action", "time column"),
    )
    if not policies:
        _output.say("no policy yet; next: pydb policy apply policies.toml")


@app.command()
def show(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(autocompletion=_names.policies, metavar="POLICY", help="Name of the policy.")
    ],
) -> None:
    """Show one policy with all its settings."""
    from pydb import retention

    with _output.connect(ctx) as conn:
        found = retention.policies(conn, name)
        if not found:
            raise _policies.unknown(conn, name)
    if _output.emit(ctx, "policy.show", {"policy": asdict(found[0])}):
        return
    _output.table(["setting", "value"], [(key, _policies.shown(found[0], key)) for key in asdict(found[0])])


@app.command()
def explain(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(autocompletion=_names.policies, metavar="POLICY", help="Name of the policy.")
    ],
    key: _rules.Key = None,
    now: Annotated[str | None, typer.Option(metavar="TIMESTAMP", help="Take this for the present.")] = None,
) -> None:
    """Say what a policy does now, and which of its bounds decides that. It counts no rows.

    With --key: what it does with one row, by which rule, from where, when it goes and what keeps it.

    The exit code is 1 if a run would delete nothing because something blocks it, or if there is no such row.
    """
    from pydb import retention

    wanted = None if key is None else _rules.key(key)
    with _output.connect(ctx) as conn:
        if not retention.policies(conn, name):
            raise _policies.unknown(conn, name)
        if wanted is not None:
            rows = retention.explain_row(conn, name, wanted, now)
            raise typer.Exit(_rules.show_rows(ctx, name, rows))
        aspects = retention.explain(conn, name, now)
    raise typer.Exit(_policies.show_aspects(ctx, name, aspects))


@app.command()
def outlook(
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(autocompletion=_names.policies, metavar="POLICY", help="Only this one."),
    ] = None,
    now: Annotated[str | None, typer.Option(metavar="TIMESTAMP", help="Take this for the present.")] = None,
) -> None:
    """Say whether policies keep up, and when one that does not will have caught up. It counts no rows.

    What runs and dry runs have counted is all that it knows. The exit code is 1 if a policy is overdue.
    """
    from pydb import windows

    with _output.connect(ctx) as conn:
        found = windows.outlook(conn, name, now)
    raise typer.Exit(_limits.show_outlook(ctx, found))


@app.command()
def drop(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(autocompletion=_names.policies, metavar="POLICY", help="Name of the policy.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Look whether it is there, change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Drop a policy; its table and its run log stay."""
    from pydb import db, retention

    with _output.connect(ctx) as conn:
        found = retention.policies(conn, name)
        if not found:
            raise _policies.unknown(conn, name)
        if not dry_run:
            _policyfiles.confirm_removal([name], yes=yes)
        with db.transaction(conn, rollback=dry_run):
            if not retention.policy_drop(conn, name):
                raise _policies.unknown(conn, name)
    if not _output.emit(ctx, "policy.drop", {"policy": name, "dry_run": dry_run, "dropped": not dry_run}):
        _output.out(
            f"policy {name} {'would be' if dry_run else 'is'} dropped; {found[0].relation} is untouched"
        )


@app.command()
def approve(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(autocompletion=_names.policies, metavar="POLICY", help="Name of the policy.")
    ],
    reason: _approve.Reason = None,
    dry_run: _approve.DryRun = False,
    yes: _approve.Yes = False,
) -> None:
    """Let a policy run as it is now: it is new, or it or its tables changed, and that is right."""
    _approve.approve(ctx, "policy", name, reason, dry_run=dry_run, yes=yes)
