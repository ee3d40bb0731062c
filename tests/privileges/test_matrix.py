"""Every table, view and sequence against what each role may do with it: what is not here, nobody may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.privileges.conftest import Field

READ: Final = "SELECT"
# who looks: runs, definitions and their state; nobody's rows, and no keys
MONITOR: Final = frozenset(
    [
        "alembic_version",
        "vacuum_holder",
        "window_status",
        "run_window",
        "retention_history",
        "policy_outlook",
        "hold_status",
        "archive_list",
        "archive_manifest",
        "archive_run",
        "archive_status",
        "archive_table",
        "audit_head",
        "cascade_job",
        "degraded_count",
        "entity",
        "event",
        "erasure_status",
        "governor_indicator",
        "governor_status",
        "guard_status",
        "guard_subject",
        "idempotency_list",
        "job_run",
        "metric",
        "metric_total",
        "orphan_part",
        "orphan_coverage",
        "orphan_finding",
        "orphan_list",
        "reference",
        "reference_list",
        "retention_job_log",
        "retention_partition",
        "retention_policy",
        "run_list",
        "schedule_claim",
        "schedule_source",
        "schedule_status",
        "scheduler",
        "setting",
        "telemetry",
    ]
)
PRIVATE: Final = frozenset(
    ["event_head", "idempotency_held", "metric_kind", "schema_object", "schema_source"]
)
# books that are kept as whoever runs
BOOKS: Final = {
    "schedule_claim": "DELETE INSERT UPDATE",
    "scheduler": "DELETE INSERT UPDATE",
    "orphan_finding": "DELETE INSERT UPDATE",
    "orphan_quarantine": "DELETE SELECT",
    "idempotency_key": "DELETE SELECT",
}
QUERY: Final = """
with relation as (
    select c.oid, c.relkind, format('%I.%I', n.nspname, c.relname) as name
    from pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in ('pydb', 'pydb_internal') and c.relkind in ('r', 'v', 'm', 'p', 'S', 'f')
), role as (
    select r.rolname, r.oid from pg_roles as r where r.rolname like 'pydb%%'
), granted as (
    select role.rolname, relation.name, p.privilege
    from relation
    cross join role
    cross join lateral unnest(case relation.relkind
        when 'S' then '{SELECT,USAGE,UPDATE}' else '{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'
    end::text[]) as p (privilege)
    where case relation.relkind
        when 'S' then has_sequence_privilege(role.oid, relation.oid, p.privilege)
        else has_table_privilege(role.oid, relation.oid, p.privilege)
    end
    union all
    -- of one column, where not of the whole
    select role.rolname, format('%s (%s)', relation.name, a.attname), p.privilege
    from relation
    inner join pg_attribute as a on a.attrelid = relation.oid and a.attnum > 0 and a.attacl is not null
    cross join role
    cross join lateral unnest('{SELECT,INSERT,UPDATE,REFERENCES}'::text[]) as p (privilege)
    where has_column_privilege(role.oid, relation.oid, a.attnum, p.privilege)
        and not has_table_privilege(role.oid, relation.oid, p.privilege)
)
select g.rolname, g.name, string_agg(g.privilege, ' ' order by g.privilege) from granted as g group by 1, 2
"""


def expected() -> set[tuple[str, str, str]]:
    matrix: dict[tuple[str, str], set[str]] = {}

    def give(role: str, name: str, privileges: str) -> None:
        matrix.setdefault((role, name), set()).update(privileges.split())

    for role in ("pydb_monitor", "pydb_admin", "pydb_runner", "pydb_counsel"):
        for name in MONITOR:
            give(role, f"pydb.{name}", READ)
        for name in PRIVATE:
            give(role, f"pydb_internal.{name}", READ)
    for name in ("audit_log", "audit_seal", "orphan_quarantine"):
        give("pydb_admin", f"pydb.{name}", READ)
    for name, privileges in BOOKS.items():
        give("pydb_runner", f"pydb.{name}", privileges)
    for role in ("pydb_admin", "pydb_runner", "pydb_counsel"):
        give(role, "pydb_internal.draft", "INSERT")
        give(role, "pydb_internal.draft (id)", READ)
    return {(role, name, " ".join(sorted(privileges))) for (role, name), privileges in matrix.items()}


def test_each_role_has_of_each_relation_what_the_matrix_says(field: Field) -> None:
    found = {(str(role), str(name), str(privileges)) for role, name, privileges in field.rows(QUERY)}
    # roles of the tests are members, and not these
    found = {line for line in found if line[0] != "pydb_owner" and not line[0].startswith("pydb_test")}
    assert found - expected() == set()
    assert expected() - found == set()


def test_no_role_may_make_or_own_anything_in_our_schemas(field: Field) -> None:
    granted = field.rows(
        "select r.rolname, n.nspname, p.privilege from pg_roles as r"
        " cross join pg_namespace as n cross join unnest('{CREATE,USAGE}'::text[]) as p (privilege)"
        " where r.rolname like 'pydb%%' and n.nspname in ('pydb', 'pydb_internal', 'pydb_archive')"
        " and has_schema_privilege(r.oid, n.oid, p.privilege)"
    )
    made = {(role, schema) for role, schema, privilege in granted if privilege == "CREATE"}
    assert made == set()
    assert ("pydb_app", "pydb_internal", "USAGE") not in granted
    owned = field.rows(
        "select c.relname from pg_class as c where c.relnamespace in ('pydb'::regnamespace,"
        " 'pydb_internal'::regnamespace) and pg_get_userbyid(c.relowner) like 'pydb%%'"
    )
    assert owned == []
