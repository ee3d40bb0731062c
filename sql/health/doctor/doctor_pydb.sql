-- pydb_internal.doctor_pydb (doctor; by doctor): which revision of pydb is here, and is anything switched off.
-- reads pydb.alembic_version, pydb.setting, pydb.retention_policy   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_pydb()
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_revisions text[];
    v_paused text;
begin
    if exists (
        select from pg_class as c
        inner join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'pydb' and c.relname = 'alembic_version' and has_table_privilege(c.oid, 'select')
    ) then
        select array_agg(v.version_num::text) into v_revisions from pydb.alembic_version as v;
    end if;
    return query select
        'pydb',
        case when cardinality(v_revisions) = 1 then 'ok' else 'unknown' end,
        case when cardinality(v_revisions) = 1 then 'installed' else 'no_revision' end,
        case when cardinality(v_revisions) = 1
            then format('revision %s', v_revisions[1])
            else 'the revision of pydb cannot be read' end,
        case when cardinality(v_revisions) = 1 then null
            else format(
                'rows of pydb.alembic_version: %s', coalesce(cardinality(v_revisions)::text, 'not readable')
            ) end,
        case when cardinality(v_revisions) = 1 then null else 'pydb migrate check' end;
    if pydb_internal.setting_get(p_name => 'kill_switch')::boolean then
        return query select
            'pydb', 'degraded', 'kill_switch', 'the kill switch is on: nothing deletes', null::text,
            'pydb retention resume';
    end if;
    select string_agg(p.name, ', ' order by p.name) into v_paused
    from pydb.retention_policy as p
    where p.enabled and p.paused_at is not null;
    if v_paused is not null then
        return query select
            'pydb', 'degraded', 'paused', 'some policies are paused', left(v_paused, 500),
            'pydb retention resume POLICY';
    end if;
end
$$;

comment on function pydb_internal.doctor_pydb() is
'Rows of pydb.doctor about pydb itself: revision, kill switch, pauses.';

revoke all on function pydb_internal.doctor_pydb() from public;
