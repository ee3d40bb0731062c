-- pydb_internal.health_migrations (check; by health): is the schema what its migrations made.
-- reads pydb.alembic_version, what health_drift reads   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_migrations()
returns pydb_internal.health_said
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_revisions constant text[] := (select array_agg(v.version_num::text) from pydb.alembic_version as v);
    v_drift constant jsonb := (
        select coalesce(jsonb_agg(jsonb_build_object('state', m.state, 'what', m.what)), '[]')
        from pydb_internal.health_drift() as m
    );
    v_findings jsonb;
begin
    select jsonb_agg(to_jsonb(f)) into v_findings
    from (
        select 'unknown' as status, 'no_revision' as reason_code, 'the revision of pydb cannot be told' as summary,
            format('rows of pydb.alembic_version: %s', coalesce(cardinality(v_revisions), 0)) as detail,
            'pydb migrate check' as hint
        where cardinality(v_revisions) is distinct from 1
        union all
        select case when d.state = 'missing' then 'error' else 'degraded' end, 'drift_' || d.state,
            format('objects of pydb that are %s: %s', d.state, count(*)),
            left(string_agg(d.what, ', ' order by d.what), 1000), 'pydb migrate check'
        from jsonb_to_recordset(v_drift) as d (state text, what text)
        group by d.state
    ) as f;
    return pydb_internal.health_say(
        jsonb_build_object('revision', v_revisions[1], 'drift', (
            select jsonb_object_agg(k.state, (
                select count(*) from jsonb_to_recordset(v_drift) as d (state text) where d.state = k.state
            ))
            from unnest('{modified,missing,extra}'::text[]) as k (state)
        )),
        v_findings, format('revision %s, and nothing was changed by hand', v_revisions[1])
    );
end
$$;

comment on function pydb_internal.health_migrations() is
'Component migrations: revision, and objects that are not what the migrations made (missing ones are an error). Whether
the program knows that revision is added by the program.';

revoke all on function pydb_internal.health_migrations() from public;
