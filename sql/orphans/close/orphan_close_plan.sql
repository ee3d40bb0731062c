-- pydb_internal.orphan_close_plan (close; by orphan_close): the statements that turn a reference into a valid foreign
-- key, or why there are none.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises YD005 YD301 YD402 YD406
create or replace function pydb_internal.orphan_close_plan(p_reference text)
returns pydb_internal.orphan_closing
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_reference constant text := pydb_internal.orphan_reference_get(p_reference);
    v_edge constant pydb_internal.reference_edge := pydb_internal.orphan_edge(v_reference);
    v_child constant text := pydb_internal.relation_name(v_edge.child);
    v_plan pydb_internal.orphan_closing;
    v_why text;
    v_cure text;
begin
    if v_edge.child is null then
        raise exception using errcode = 'YD402', message = format('reference %s cannot be followed', v_reference),
            detail = 'A table or a column of it is gone.', hint = 'select * from pydb.reference_list;';
    elsif not (select pg_has_role(c.relowner, 'USAGE') from pg_class as c where c.oid = v_edge.child) then
        raise exception using errcode = 'YD005', message = format('%s does not own %s', current_user, v_child),
            detail = 'Only the owner of a table can add or validate its keys.',
            hint = (select format('set role %I;', pg_get_userbyid(c.relowner)) from pg_class as c
                where c.oid = v_edge.child);
    end if;
    v_plan.reference := v_reference;
    v_plan.name := coalesce(
        (select k.conname::text from pg_constraint as k where k.oid = v_edge.constraint_id),
        (pydb_internal.reference_parse(v_reference))[3]
    );
    v_plan.child := v_edge.child;
    v_plan.is_closed := v_edge.is_valid and v_edge.kind = 'declared';
    v_plan.add_statement := case
        when v_edge.kind = 'logical' then pydb_internal.orphan_key(v_edge, v_edge.child, v_plan.name) || ' not valid'
    end;
    v_plan.validate_statement := format('alter table %s validate constraint %I', v_child, v_plan.name);
    select r.why, r.cure into v_why, v_cure from pydb_internal.orphan_close_problem(v_edge, v_plan.name) as r;
    if v_why is not null then
        raise exception using errcode = 'YD406', message = format('reference %s cannot be closed', v_reference),
            detail = v_why, hint = v_cure;
    end if;
    return v_plan;
end
$$;

comment on function pydb_internal.orphan_close_plan(text) is
'The statements that add a key (none for a declared one) and validate it, or that nothing is to do. YD406 with the
reason where it cannot be closed.';

revoke all on function pydb_internal.orphan_close_plan(text) from public;
