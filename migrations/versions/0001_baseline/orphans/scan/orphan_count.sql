-- pydb_internal.orphan_count (scan; by orphan_close_try): how many rows of a reference have no parent now, whatever
-- their age.
-- reads the child and the parent   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.orphan_count(p_reference text)
returns bigint
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_edge constant pydb_internal.reference_edge := pydb_internal.orphan_edge(p_reference, (
        select r.parent_id from pydb_internal.orphan_references(p_reference) as r order by r.kind limit 1
    ));
    v_rows bigint;
begin
    execute format(
        'select count(*) from %s as t where %s', pydb_internal.relation_source(v_edge.child),
            pydb_internal.orphan_condition(v_edge)
    ) into v_rows;
    return v_rows;
end
$$;

comment on function pydb_internal.orphan_count(text) is 'Rows of the child without a parent, in one query.';

revoke all on function pydb_internal.orphan_count(text) from public;
