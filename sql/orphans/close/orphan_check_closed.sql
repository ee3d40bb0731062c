-- pydb_internal.orphan_check_closed (close; by orphan_close): believe a key that says it is valid only after counting:
-- rows written while its triggers were off were never checked.
-- reads the child and the parent   writes nothing   locks nothing above a select
-- raises YD005 YD404 YD406 YD407
create or replace function pydb_internal.orphan_check_closed(p_plan pydb_internal.orphan_closing)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_edge constant pydb_internal.reference_edge := pydb_internal.orphan_edge(p_plan.reference);
    v_off text;
    v_counts pydb_internal.orphan_counts;
begin
    -- of the key and of its copies on partitions; each has triggers on both sides
    with recursive k (oid) as (
        select v_edge.constraint_id
        union all
        select c.oid from k inner join pg_constraint as c on c.conparentid = k.oid
    )

    select string_agg(
        distinct format('alter table %s enable trigger all;', pydb_internal.relation_name(g.tgrelid)), ' '
    )
    into v_off
    from k
    inner join pg_trigger as g on g.tgconstraint = k.oid
    where g.tgenabled in ('D', 'R');
    perform pydb_internal.orphan_check_rights(v_edge, '{SELECT}');
    v_counts := pydb_internal.orphan_count_child(v_edge, 'true');
    if v_counts.orphans > 0 then
        raise exception using errcode = 'YD407',
            message = format(
                'reference %s is not closed: %s without a parent under a valid key', p_plan.reference,
                pydb_internal.rows_text(v_counts.orphans)
            ),
            detail = 'PostgreSQL does not look at them again: they were written while the key''s triggers were off '
            '(session_replication_role = replica, or disable trigger).',
            hint = concat_ws(' ', v_off, format(
                'call pydb.orphan_repair(%L, p_dry_run => true); then repair, and close again', p_plan.reference
            ));
    elsif v_off is not null then
        raise exception using errcode = 'YD406', message = format('reference %s is not closed', p_plan.reference),
            detail = 'The key is valid, but triggers of it are off: new rows are not checked.', hint = v_off;
    end if;
end
$$;

comment on function pydb_internal.orphan_check_closed(pydb_internal.orphan_closing) is
'Raises YD407 if there are orphans under a valid key, YD406 if its triggers are off.';

revoke all on function pydb_internal.orphan_check_closed(pydb_internal.orphan_closing) from public;
