-- pydb_internal.cascade_clause (delete; by cascade_deletes): a DELETE as an element of WITH, with the one behind it
-- that archives its rows.
-- reads the catalog, pydb.archive_table   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_clause(p_as text, p_relation oid, p_archive bigint, p_delete text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_parts text[];
begin
    if p_archive is null then
        return format('%I as (%s)', p_as, p_delete);
    end if;
    v_parts := pydb_internal.archive_statements(p_archive, p_relation, p_delete, p_as::name);
    return format('%s, %I as (%s)', v_parts[1], p_as || '_kept', v_parts[2]);
end
$$;

comment on function pydb_internal.cascade_clause(text, oid, bigint, text) is
'The DELETE of rows of a relation under a name; with the id of a run, its rows go into their archive by an INSERT in an
element of its own.';

revoke all on function pydb_internal.cascade_clause(text, oid, bigint, text) from public;
