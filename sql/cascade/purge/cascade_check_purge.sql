-- pydb_internal.cascade_check_purge (purge; by cascade_job_vet): refuse to purge what nobody would answer for, or
-- without the right to delete it.
-- reads the catalog, pydb.archive_table   writes nothing   locks nothing
-- raises YD001 YD005
create or replace function pydb_internal.cascade_check_purge(
    p_entity text,
    p_reason text,
    p_archive boolean,
    p_steps pydb.cascade_step[]
)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_source text;
begin
    if p_archive then
        raise exception using errcode = 'YD001', message = 'p_archive and p_purge do not go together',
            detail = 'What is purged is gone for good.', hint = 'Leave one of them out.';
    elsif p_entity is null or p_reason is null then
        raise exception using errcode = 'YD001', message = 'p_purge needs p_entity and p_reason',
            detail = 'What is gone for good is entered into the ledger of erasures, with who asked for it and why.',
            hint = 'p_entity => ''customer'', p_reason => ''ticket 17'', p_purge => true';
    end if;
    select pydb_internal.relation_name(t.source) into v_source
    from unnest(p_steps) as s
    inner join pydb.archive_table as t on pydb_internal.relation_name(t.archive) = s.relation
    where s.kind = 'archive' and not has_table_privilege(t.source, 'DELETE')
    order by 1
    limit 1;
    if v_source is not null then
        raise exception using errcode = 'YD005', message = format('copies of %s cannot be purged', v_source),
            detail = format('%s lacks DELETE on it.', current_user),
            hint = format('grant delete on %s to %I;', v_source, current_user);
    end if;
end
$$;

comment on function pydb_internal.cascade_check_purge(text, text, boolean, pydb.cascade_step[]) is
'Raises YD001 where a purge has no entity or no reason or is to archive, YD005 where the role may not delete from a
table whose archived rows are in the plan.';

revoke all on function pydb_internal.cascade_check_purge(text, text, boolean, pydb.cascade_step[]) from public;
