-- pydb.reference_drop: remove a logical reference, also one whose table is gone; audited.
-- reads and writes pydb.reference   reads pydb.entity   writes pydb.audit_log, pydb_internal.reference_gate
-- locks the reference's row
-- raises YD007 YD301
create or replace function pydb.reference_drop(p_name text)
returns boolean
language plpgsql
security definer -- see pydb_internal.reference_store
set search_path = pg_catalog, pg_temp
as $$
declare
    v_names text[];
    v_declared text;
    v_entities text;
    v_problem text;
    v_part text[];
    v_old pydb.reference;
begin
    perform pydb_internal.run_check_read_write();
    select
        array_agg(n.reference) filter (where n.kind = 'logical'),
        min(n.reference) filter (where n.kind = 'declared')
    into v_names, v_declared
    from pydb_internal.reference_by_name(p_name) as n;
    v_part := pydb_internal.reference_parse(v_declared);
    select string_agg(e.name, ', ' order by e.name) into v_entities from pydb.entity as e where e.edges ? v_names[1];
    v_problem := case
        when v_names is null and v_declared is not null then format('%s is a foreign key of its table.', v_declared)
        when v_names is null then pydb_internal.reference_similar(p_name)
        when cardinality(v_names) > 1 then format('It could be %s.', array_to_string(v_names, ' or '))
        when v_entities is not null then format('It is named by entity %s.', v_entities)
    end;
    if v_problem is not null then
        raise exception using errcode = 'YD301',
            message = case
                when v_names is null then format('there is no logical reference %L', p_name)
                else format('reference %s is not dropped', p_name)
            end,
            detail = v_problem,
            hint = case
                when v_entities is not null then 'Set the entity again without it, or drop that: pydb entity list'
                when v_names is null and v_declared is not null
                    then format('alter table %I.%I drop constraint %I;', v_part[1], v_part[2], v_part[3])
                else 'Write its full name; see: pydb reference list'
            end;
    end if;
    delete from pydb.reference as r where r.name = v_names[1] returning r.* into v_old;
    if not found then
        return false; -- another session was first
    end if;
    update pydb_internal.reference_gate as g set changes = g.changes + 1;
    perform pydb_internal.audit_add('reference_drop', v_old.name, jsonb_build_object('old', to_jsonb(v_old)), null);
    perform pydb_internal.run_close_dead(null, null); -- nobody will run it again and find them
    return true;
end
$$;

comment on function pydb.reference_drop(text) is
'Removes a logical reference, by its full name or the end of it where only one ends so, and returns true. YD301 for an
unknown name, a foreign key, or one that an entity names. No row is touched.';

revoke all on function pydb.reference_drop(text) from public;
