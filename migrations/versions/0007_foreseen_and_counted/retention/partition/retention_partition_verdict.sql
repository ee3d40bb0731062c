-- pydb_internal.retention_partition_verdict (partition): may this partition go as a whole: the one place that says so,
-- for plan, run and client alike.
-- reads the partition and what references it, the catalog   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_partition_verdict(
    p_policy pydb.retention_policy,
    p_cutoff timestamptz,
    p_bounds pydb_internal.retention_bounds,
    p_rule pydb_internal.hold_rule default null,
    p_said pydb_internal.retention_said default null,
    out action text,
    out code text,
    out reason text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_name constant text := pydb_internal.relation_name(p_bounds.partition);
    v_found boolean := false;
    v_held text[];
begin
    -- rows of what cannot go as a whole go one by one
    action := pydb_internal.retention_save_action(p_policy);
    if p_bounds.is_default then
        code := 'partition_default';
        reason := 'the default partition stays';
        return;
    elsif p_bounds.is_young then
        action := 'keep';
        code := 'partition_newer';
        reason := 'it begins after the cutoff, at ' || p_bounds.lower_bound;
        return;
    elsif not p_bounds.is_old then
        code := 'partition_boundary';
        reason := 'it goes on after the cutoff, to ' || coalesce(p_bounds.upper_bound, 'no end');
        return;
    elsif p_bounds.is_last then
        code := 'partition_last';
        reason := 'it is the last one, and there is none that takes rows from now on';
        return;
    end if;
    select min(pydb_internal.relation_name(t.relid)) into reason
    from (
        select p_bounds.partition as relid union all -- a chunk is in no tree
        select r.relid from pydb_internal.relation_tree(p_bounds.partition) as r
    ) as t
    where (select c.relkind = 'f' from pg_class as c where c.oid = t.relid); -- a join would read all of pg_class
    if reason is not null then
        action := 'keep';
        code := 'foreign_table';
        reason := format('foreign table %s: its rows are not here', reason);
        return;
    end if;
    if not p_bounds.is_sure or pydb_internal.retention_has_rules(p_policy) then
        if p_said.expired is null then
            p_said := pydb_internal.retention_said_of(p_policy, p_cutoff);
        end if;
        execute format(
            'select exists (select 1 from %s as t where (%s) is not true)', v_name,
            p_said.expired || p_said.filtered || p_said.ruled
        ) into v_found;
    end if;
    if v_found then
        code := 'partition_kept_rows';
        reason := case
            when pydb_internal.retention_has_rules(p_policy)
                then 'it holds rows that a rule keeps longer, or of a time that cannot be meant'
            else 'it holds rows that the policy leaves, of a time that cannot be meant'
        end;
        return;
    end if;
    v_held := pydb_internal.retention_partition_held(p_policy, p_bounds.partition, p_rule);
    if v_held <> '{}' then
        code := 'partition_held';
        reason := 'rows of it are held by ' || array_to_string(v_held, ', ');
        return;
    end if;
    reason := pydb_internal.retention_partition_referenced(p_bounds.partition);
    if reason is not null then
        code := 'partition_referenced';
        reason := format('rows of it are referenced by %s', reason);
        return;
    end if;
    select code_, said into code, reason from pydb_internal.retention_partition_hurdles(p_policy, p_bounds.partition)
        as h (code_, said) limit 1;
    if code is null then
        action := pydb_internal.retention_save_whole_action(p_policy);
        code := 'partition_old';
        reason := 'all of it is older than the cutoff: it ends at ' || p_bounds.upper_bound;
    end if;
end
$$;

comment on function pydb_internal.retention_partition_verdict(
    pydb.retention_policy, timestamptz, pydb_internal.retention_bounds, pydb_internal.hold_rule,
    pydb_internal.retention_said
) is
'action: drop, archive_drop, export_drop, detach (and keep) or move, where the partition goes as a whole (code
partition_old); delete, archive: its expired rows go by batches; keep: nothing of it goes. code is the reason for
programs, reason that for people. p_rule: as of retention_partition_held. p_said: what the
policy says of its rows, from who judges many.';

revoke all on function pydb_internal.retention_partition_verdict(
    pydb.retention_policy, timestamptz, pydb_internal.retention_bounds, pydb_internal.hold_rule,
    pydb_internal.retention_said
) from public;
