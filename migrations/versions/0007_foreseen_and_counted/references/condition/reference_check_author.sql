-- pydb_internal.reference_check_author (condition): before the conditions of a logical reference are parsed: as
-- pydb_internal.filter_check_stored has it.
-- reads the catalog   writes nothing   locks nothing
-- raises YD103 YD114
create or replace function pydb_internal.reference_check_author(p_reference pydb.reference)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_look constant text := format('select * from pydb.reference where name = %L;', p_reference.name);
begin
    if p_reference.filter is not null then
        perform pydb_internal.filter_check_stored(
            format('the condition of reference %s', p_reference.name), p_reference.child, p_reference.filter,
            p_reference.author, p_reference.author_role, v_look
        );
    end if;
    if p_reference.parent_filter is not null then
        perform pydb_internal.filter_check_stored(
            format('the condition of reference %s on its parent', p_reference.name), p_reference.parent,
            p_reference.parent_filter, p_reference.author, p_reference.author_role, v_look
        );
    end if;
end
$$;

comment on function pydb_internal.reference_check_author(pydb.reference) is
'Raises YD114 where the author of a reference''s conditions could not become the current role, or is gone; YD103 where
one of them would no longer be accepted.';

revoke all on function pydb_internal.reference_check_author(pydb.reference) from public;
