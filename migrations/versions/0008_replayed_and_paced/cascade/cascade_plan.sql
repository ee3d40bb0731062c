-- pydb.cascade_plan: what deleting some rows would take with it, edge by edge, and what would stop it.
-- reads the root and the tables that references lead to, p_purge: their archives   writes nothing
-- locks nothing above a select
-- raises 55P03 YD002 YD003 YD004 YD005 YD015 YD103 YD113 YD301 YD602; says YD309
create or replace function pydb.cascade_plan(
    p_root regclass,
    p_keys jsonb,
    p_edges jsonb default null,
    p_entity text default null,
    p_archive boolean default null,
    p_purge boolean default false
)
returns setof pydb.cascade_step
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set jit = off
as $$
declare
    v_terms record := pydb_internal.cascade_resolve_choices(p_root, p_edges, p_entity);
    v_walk pydb_internal.cascade_closure;
    v_steps pydb.cascade_step[];
    v_line text;
    v_named oid[];
begin
    v_named := pydb_internal.reference_named(v_terms.root, not (pydb_internal.hold_state()).is_any);
    perform pydb_internal.relation_check_names(v_named, pydb_internal.relation_names(v_named));
    perform pydb_internal.reference_check_moved(v_named);
    v_walk := pydb_internal.cascade_traverse(
        pydb_internal.cascade_root_rows(v_terms.root, p_keys), v_terms.choices
    );
    perform pydb_internal.application_pin(v_terms.search_path, v_terms.root);
    v_steps := pydb_internal.cascade_add_heirs(array(
        select p
        from pydb_internal.cascade_plan_steps(v_walk, v_terms.root, v_terms.choices is null) as p
        order by p.step
    ), v_terms.root, p_keys);
    v_steps := pydb_internal.cascade_add_held(v_steps, v_walk);
    perform pydb_internal.application_pin(null, null);
    if p_purge then
        v_steps := pydb_internal.cascade_add_copies(v_steps, v_terms.root, p_keys, v_terms.choices, v_walk);
    elsif coalesce(p_archive, v_terms.archive) then
        v_steps := pydb_internal.cascade_add_archive(v_steps, v_walk);
    end if;
    return query select s.* from unnest(v_steps) as s;
    for v_line in select o.said from pydb_internal.cascade_not_followed(v_walk) as o loop
        raise notice using errcode = 'YD309', message = v_line, hint = 'select * from pydb.reference_suggest();';
    end loop;
end
$$;

comment on function pydb.cascade_plan(regclass, jsonb, jsonb, text, boolean, boolean) is
'Dry run of pydb.cascade_delete: one row for the root and one for each reference to a table that loses rows, children
first. p_keys: array of objects, each all columns of one key: [{"id": 42}]. p_edges: object, reference → delete,
nullify, default or block; "*" stands for every key that would block; without it, and without p_entity, the keys'' own
actions hold, and the plan is that of a plain DELETE. rows counts each row once per relation and action. An edge with
action blocked stops the whole delete; warning says why (codes: in a word for each sentence) and cure how to change it.
Columns that look like references to these tables and are none
are said as notices: nothing follows them. p_archive: of a delete that archives (null: as the entity
says). p_purge: of a job for good, also what archives and the quarantine hold of these rows. It takes
no lock above a SELECT''s and leaves no trace.';

revoke all on function pydb.cascade_plan(regclass, jsonb, jsonb, text, boolean, boolean) from public;
