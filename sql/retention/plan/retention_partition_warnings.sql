-- pydb_internal.retention_partition_warnings (plan; by retention_plan): what a plan must say of a leaf of a table whose
-- partitions a policy drops.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_partition_warnings(
    p_relation oid,
    p_action text,
    p_code text,
    p_reason text
)
returns pydb_internal.retention_warning[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_all pydb_internal.retention_warning[] := '{}'::pydb_internal.retention_warning[];
begin
    if p_code is null then
        return v_all;
    elsif p_code not in ('partition_newer', 'partition_boundary', 'partition_old', 'partition_detached') then
        v_all := v_all || row(p_code, p_reason || case p_action
            when 'delete' then ': its expired rows go by batches'
            when 'archive' then ': its expired rows go to the archive by batches'
            when 'keep' then ': nothing of it goes' else ''
        end)::pydb_internal.retention_warning;
    end if;
    if p_code in ('partition_old', 'partition_detached', 'partition_pending') then
        if not (pydb_internal.retention_partition_rows(p_relation)).is_exact then
            v_all := v_all || row(
                'rows_estimated', 'its rows are estimated from the statistics, here and by the fuse'
            )::pydb_internal.retention_warning;
        end if;
        if exists (
            select 1 from pg_trigger as g
            where g.tgrelid = p_relation and not g.tgisinternal and g.tgenabled <> 'D' and (g.tgtype & 8) = 8
        ) then
            v_all := v_all || row(
                'triggers_skipped', 'it has DELETE triggers, which fire for no row when a partition goes as a whole'
            )::pydb_internal.retention_warning;
        end if;
    end if;
    return v_all;
end
$$;

comment on function pydb_internal.retention_partition_warnings(oid, text, text, text) is
'Warnings of a plan: why a partition that expired stays, that rows are estimated, that triggers do not fire.';

revoke all on function pydb_internal.retention_partition_warnings(oid, text, text, text) from public;
