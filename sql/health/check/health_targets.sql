-- pydb_internal.health_targets (check; by health_retention): policies whose table or column is gone.
-- reads pydb.retention_policy, the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_targets()
returns table (place integer, status text, reason_code text, summary text, detail text, hint text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        0, 'error', k.code, format('policies whose %s: %s', k.what, count(*)),
        left(string_agg(format('%s (%s)', p.name, p.target_name), ', ' order by p.name), 1000),
        pydb_internal.shell_command(
            case k.code when 'target_gone' then 'pydb policy drop' else 'pydb policy show' end, array[min(p.name)]
        )
    from pydb.retention_policy as p
    left join pg_class as c on c.oid = p.target
    left join pg_attribute as a on a.attrelid = p.target and a.attname = p.time_column and not a.attisdropped
    cross join lateral (
        values
        (c.oid is null, 'target_gone', 'table is gone'),
        (c.oid is not null and a.attname is null, 'column_gone', 'time column is gone')
    ) as k (applies, code, what)
    where p.enabled and k.applies
    group by k.code, k.what;
$$;

comment on function pydb_internal.health_targets() is
'Findings: target_gone (another table of the same name is another table), column_gone.';

revoke all on function pydb_internal.health_targets() from public;
