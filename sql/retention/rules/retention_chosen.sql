-- pydb_internal.retention_chosen (rules; by retention_take): the rows of a range that the rules of a policy let go, by
-- their places: what somebody changes from here on has another place, and stays for the next batch.
-- reads the relation   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_chosen(p_relation oid, p_condition text)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_tids tid[];
begin
    execute format(
        'select array_agg(t.ctid) from only %s as t where %s', pydb_internal.relation_name(p_relation), p_condition
    ) into v_tids;
    -- said twice: once for the way to the rows, once to be asked again of a row that was changed meanwhile
    return format(
        't.ctid = any(%1$L::pg_catalog.tid[]) and coalesce(t.ctid = any(%1$L::pg_catalog.tid[]), false)',
        coalesce(v_tids, '{}')
    );
end
$$;

comment on function pydb_internal.retention_chosen(oid, text) is
'Condition over alias t that names the rows which meet p_condition now. A delete that joins a mapping table would judge
a row that changed under it by the join of before.';

revoke all on function pydb_internal.retention_chosen(oid, text) from public;
