-- pydb_internal.metric_collectors (known): the collectors of metrics, in their order.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.metric_collectors()
returns text[]
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select array[
        'build', 'database', 'relations', 'runs', 'retention', 'cascade', 'orphans', 'idempotency', 'scheduler',
        'archive', 'holds', 'events', 'health'
    ];
$$;

comment on function pydb_internal.metric_collectors() is
'Names of what pydb_internal.metric_collect can be asked for; the cheap ones come first.';

revoke all on function pydb_internal.metric_collectors() from public;
