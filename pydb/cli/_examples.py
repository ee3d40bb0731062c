"""Examples of the commands, shown below their help."""

from __future__ import annotations

from typing import Final

EXAMPLES: Final[dict[str, tuple[str, ...]]] = {
    "migrate up": ("pydb migrate up --dry-run", "pydb migrate up --dsn postgresql://dba@host/shop"),
    "migrate down": ("pydb migrate down --to base",),
    "migrate list": ("pydb migrate list",),
    "migrate check": ("pydb migrate check --json",),
    "migrate sql": ("pydb migrate sql > pydb.sql",),
    "policy set": (
        "pydb policy set events app.event created_at '90 days' --schedule '15 3 * * *'",
        "pydb policy set sessions app.session expires_at 0 --all-databases",
    ),
    "policy apply": ("pydb policy apply policies.toml --dry-run", "pydb policy apply policies.toml --prune"),
    "policy diff": ("pydb policy diff policies.toml", "pydb policy diff policies.toml --exit-code"),
    "policy export": ("pydb policy export > policies.toml",),
    "policy list": ("pydb policy list",),
    "policy show": ("pydb policy show events",),
    "policy explain": ("pydb policy explain events",),
    "policy outlook": ("pydb policy outlook", "pydb policy outlook events --json"),
    "policy drop": ("pydb policy drop events --dry-run",),
    "retention plan": ("pydb retention plan", "pydb retention plan events"),
    "retention run": (
        "pydb retention run --dry-run",
        "pydb retention run events --max-runtime '30 min' --yes",
    ),
    "retention log": ("pydb retention log events --failed --since '1 day'", "pydb retention log 280"),
    "retention pause": ("pydb retention pause events --reason 'audit until Friday'", "pydb retention pause"),
    "retention resume": ("pydb retention resume events",),
    "window set": (
        "pydb window set nights 22:00 06:00 --timezone Europe/Berlin",
        "pydb window set weekend 00:00 24:00 --weekday sat --weekday sun --kind all",
    ),
    "window list": ("pydb window list",),
    "window drop": ("pydb window drop nights",),
    "health": ("pydb health", "pydb health retention schedule --line", "pydb health --json"),
    "metrics": ("pydb metrics", "pydb metrics --textfile /var/lib/prometheus/node-exporter/pydb.prom"),
    "space": ("pydb space", "pydb space app.event"),
    "policy approve": ("pydb policy approve events --reason 'the trigger is ours'",),
    "entity approve": ("pydb entity approve customer --dry-run",),
    "events follow": (
        "pydb events follow --topic runs --topic cascades",
        "pydb events follow --since 0 --no-wait --json",
    ),
    "events publish": ("pydb events publish", "pydb events publish --once"),
    "events status": ("pydb events status",),
    "audit head": ("pydb audit head >> /mnt/elsewhere/heads",),
    "audit seal": ("pydb audit seal", "pydb audit seal --for '1 hour'"),
    "audit verify": (
        "pydb audit verify",
        "pydb audit verify --heads /mnt/elsewhere/heads --archive /mnt/archive",
    ),
    "hold place": (
        "pydb hold place case-7 app.customer --key '{\"id\": 42}' --reason 'claim of May'",
        "pydb hold place audit app.invoice --filter 'amount > 10000' --reason 'audit' --until 2027-01-01",
    ),
    "hold release": ("pydb hold release case-7 --reason 'closed'",),
    "hold override": (
        "pydb hold override case-7 app.customer --key '{\"id\": 42}' --for '30 min' --reason 'ruling'",
    ),
    "hold list": ("pydb hold list", "pydb hold list --all"),
    "hold show": ("pydb hold show case-7",),
    "guard status": ("pydb guard status",),
    "guard drift": ("pydb guard drift",),
    "guard set": (
        "pydb guard set policy events --schema-drift hold --approval other",
        "pydb guard set entity customer --schema-drift hold",
    ),
    "guard allow": (
        "pydb guard allow 'failover of Monday, db2 is the primary now'",
        "pydb guard allow 'planned failover' --next --for '2 hours'",
    ),
    "reference set": ("pydb reference set app.note customer_id app.customer id --on-delete cascade",),
    "reference list": ("pydb reference list",),
    "reference suggest": ("pydb reference suggest app",),
    "reference drop": ("pydb reference drop app.note.customer_id_ref",),
    "entity set": ("pydb entity set customer app.customer --others delete",),
    "entity list": ("pydb entity list",),
    "entity drop": ("pydb entity drop customer",),
    "cascade plan": (
        "pydb cascade plan customer 42",
        "pydb cascade plan app.customer email=c42@example.com --html --out plan.html",
    ),
    "cascade delete": (
        "pydb cascade delete customer 42",
        "pydb cascade delete customer 42 --durable --approval --reason 'ticket 17'",
    ),
    "cascade jobs": ("pydb cascade jobs", "pydb cascade jobs 5"),
    "cascade approve": ("pydb cascade approve 5",),
    "cascade cancel": ("pydb cascade cancel 5",),
    "cascade resume": ("pydb cascade resume 5",),
    "cascade run": ("pydb cascade run",),
    "cascade receipt": ("pydb cascade receipt 5", "pydb cascade receipt --run 812 --json > receipt.json"),
    "erasure list": ("pydb erasure list --open",),
    "erasure verify": ("pydb erasure verify --json",),
    "erasure export": ("pydb erasure export /safe/erasures.jsonl",),
    "erasure replay": (
        "pydb erasure replay /safe/erasures.jsonl --dry-run",
        "pydb erasure replay /safe/erasures.jsonl --yes",
    ),
    "orphans check": ("pydb orphans check sample_dataset_id_fkey --filter 'dataset_id = 42'",),
    "orphans scan": ("pydb orphans scan", "pydb orphans scan app.note.customer_id_ref"),
    "orphans list": ("pydb orphans list app.note.customer_id_ref",),
    "orphans repair": ("pydb orphans repair app.note.customer_id_ref --mode quarantine --dry-run",),
    "orphans restore": ("pydb orphans restore 7 --dry-run",),
    "orphans close": ("pydb orphans close app.note.customer_id_ref",),
    "archive list": ("pydb archive list",),
    "archive show": ("pydb archive show 812",),
    "archive restore": (
        "pydb archive restore 812 --dry-run",
        "pydb archive restore 812 --key id=42 --yes",
    ),
    "archive keep": ("pydb archive keep app.event '2 years'",),
    "archive purge": ("pydb archive purge",),
    "archive write-off": (
        "pydb archive write-off app.event --reason 'dropped with the old schema, ticket 12' --dry-run",
    ),
    "archive export": ("pydb archive export events --to /archive --yes",),
    "archive import": (
        "pydb archive import /archive/app.event-…-r7-00001.copy.zst",
        "pydb archive import FILE --into app.event_old --on-conflict skip",
    ),
    "archive verify": ("pydb archive verify /archive", "pydb archive verify /archive --json"),
    "idempotency list": ("pydb idempotency list --status held",),
    "idempotency show": ("pydb idempotency show charge req-1",),
    "idempotency reset": ("pydb idempotency reset charge req-1 --reason 'never sent'",),
    "idempotency resolve": (
        "pydb idempotency resolve charge req-1 --as completed --result '{\"charge\": 4711}'",
    ),
    "idempotency prune": ("pydb idempotency prune --max-runtime '1 min'",),
    "idempotency stats": ("pydb idempotency stats",),
    "runs list": ("pydb runs list --state failed --since '1 day'",),
    "runs show": ("pydb runs show 280",),
    "schedule set": ("pydb schedule set cascade_run '*/10 * * * *'", "pydb schedule set cascade_run --off"),
    "schedule list": ("pydb schedule list",),
    "schedule sync": ("pydb schedule sync --dry-run",),
    "schedule status": ("pydb schedule status",),
    "schedule run": ("pydb schedule run", "pydb schedule run --once"),
    "governor list": ("pydb governor list",),
    "governor set": (
        "pydb governor set replication_lag --threshold 200e6 --leave-out reporting",
        "pydb governor set queue_depth --function app.queue_depth --threshold 10000",
    ),
    "governor drop": ("pydb governor drop queue_depth",),
    "setting list": ("pydb setting list",),
    "setting set": ("pydb setting set batch_target '500 ms'",),
    "serve": ("pydb serve", "pydb serve --port 9187"),
    "doctor": ("pydb doctor", "pydb doctor --all-databases"),
    "demo": ("pydb demo", "pydb demo --keep"),
}


def epilog(path: str) -> str | None:
    """What stands below the help of a command, for example ``retention plan``."""
    examples = EXAMPLES.get(path)
    if examples is None:
        return None
    return "\n\n".join(
        ["Example:" if len(examples) == 1 else "Examples:", *(f"    {one}" for one in examples)]
    )
