-- pydb_internal.archive_check_table (table): refuse to archive what cannot be archived.
-- reads the catalog   writes nothing   locks nothing
-- raises YD601
create or replace function pydb_internal.archive_check_table(p_relation oid)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_problem constant text := pydb_internal.archive_problem(p_relation);
begin
    if v_problem is not null then
        raise exception using errcode = 'YD601',
            message = format('rows of %s cannot be archived', pydb_internal.relation_name(p_relation)),
            detail = format('%s.', rtrim(v_problem, ';')), hint = coalesce(
                substring(v_problem from 'grant usage .*;$'), 'Delete them without an archive, or change the table.'
            );
    end if;
end
$$;

comment on function pydb_internal.archive_check_table(oid) is 'Raises YD601 with the archive_problem of a table.';

revoke all on function pydb_internal.archive_check_table(oid) from public;
