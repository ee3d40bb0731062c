-- pydb_internal.retention_explain_partitions (explain; by retention_policy_explain): what becomes of the partitions of
-- a policy that drops them, and what stands in the way of each.
-- reads the partitions and what references them, the catalog   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_explain_partitions(
    p_policy pydb.retention_policy,
    p_now timestamptz
)
returns setof pydb_internal.retention_aspect
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_cutoff timestamptz;
begin
    if p_policy.action <> 'drop_partition' then
        return;
    end if;
    begin
        p_policy := pydb_internal.retention_policy_at(p_policy, p_now);
        v_cutoff := pydb_internal.retention_cutoff(p_policy, p_now);
    exception when sqlstate 'YD105' or sqlstate 'YD119' then
        return; -- said where the cutoff is
    end;
    return query
    with leaf as (
        select distinct on (coalesce(t.unit, t.relation)) t.*
        from pydb_internal.retention_partition_leaves(p_policy, v_cutoff)
            with ordinality as t (relation, unit, action, code, reason, place)
        order by coalesce(t.unit, t.relation), t.place
    )
    select
        'partitions', case when count(l.unit) > 0 then 'ok' else 'off' end,
        format('%s of %s', count(l.unit), count(*)), v_cutoff,
        format('so many go as a whole now; %s begin after the cutoff', count(*) filter (
            where l.code = 'partition_newer'
        )), null::text
    from leaf as l
    union all
    (
    select
        'partition', case
            when l.code = 'partition_old' then 'ok' when l.code = 'partition_detached' then 'ok' else 'stays'
        end, coalesce(pydb_internal.relation_name(l.unit), pydb_internal.relation_name(l.relation)), null::timestamptz,
        l.reason || case
            when l.code not in ('partition_old', 'partition_detached') and l.action in ('delete', 'archive')
                then format('; its expired rows go by batches (%s)', l.action)
            when l.action = 'keep' then '; nothing of it goes'
            when l.code in ('partition_old', 'partition_detached') then format(' (%s)', l.action)
            else ''
        end, case
            when l.code = 'partition_detached' and p_policy.partition_first = 'export'
                then pydb_internal.shell_command('pydb archive export', array[p_policy.name], '--to DIRECTORY')
        end
    from leaf as l
    where l.code <> 'partition_newer'
    order by l.place
    );
end
$$;

comment on function pydb_internal.retention_explain_partitions(pydb.retention_policy, timestamptz) is
'Rows of retention_policy_explain about partitions: how many go as a whole, and one for each but those that begin after
the cutoff: ok (it goes), stays (the boundary, or what something keeps).';

revoke all on function pydb_internal.retention_explain_partitions(pydb.retention_policy, timestamptz) from public;
