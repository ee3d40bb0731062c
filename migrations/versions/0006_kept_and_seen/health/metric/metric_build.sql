-- pydb_internal.metric_build (metric; by metric_collect): what is installed, and how many subjects have no metrics of
-- their own.
-- reads pydb.alembic_version, pydb.retention_policy, pydb.metric_total   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.metric_build()
returns setof pydb_internal.metric_sample
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select 'lifecycle_build_info', jsonb_build_object(
        'schema_revision', (select max(v.version_num) from pydb.alembic_version as v),
        'pg_version', split_part(current_setting('server_version'), ' ', 1)
    ), 1::float8
    union all
    select 'lifecycle_folded_subjects', '{"subsystem": "retention"}', count(*) filter (where not p.is_named)
    from pydb_internal.metric_policies() as p
    union all
    select 'lifecycle_folded_subjects', '{"subsystem": "orphans"}', greatest(count(*) - max(s.value::bigint), 0)
    from pydb.orphan_finding as f
    right join pydb.setting as s on true
    where s.name = 'metric_subjects' and f.scanned_at is not null;
$$;

comment on function pydb_internal.metric_build() is 'Samples of the collector build.';

revoke all on function pydb_internal.metric_build() from public;
