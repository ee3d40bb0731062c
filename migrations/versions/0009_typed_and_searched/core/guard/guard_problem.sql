-- pydb_internal.guard_problem (guard): why nothing is deleted here: the database was restored, promoted or copied.
-- reads what guard_differences reads   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.guard_problem()
returns text
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select format(
            '%s since pydb was last allowed to delete here (%s)',
            case
                when bool_or(d.part = 'system_identifier')
                    then 'the database was restored into another server, or the server was upgraded'
                when bool_or(d.part = 'database_oid') then 'the database was copied or restored into another one'
                when bool_or(d.part = 'timeline') then 'the server was promoted, or restored to a point in time'
                else 'the files of the server were copied or moved'
            end,
            string_agg(case d.part
                when 'data_directory' then 'data_directory is another'
                when 'written' then 'its files were written anew'
                else format('%s was %s and is %s', d.part, coalesce(nullif(d.was, ''), 'not set'),
                    coalesce(nullif(d.found, ''), 'not set'))
            end, ', ')
        )
        from pydb_internal.guard_differences() as d
        having count(*) > 0
    );
end
$$;

comment on function pydb_internal.guard_problem() is
'What happened to the database, by what differs from what was remembered, in words; null = it is the same.';

revoke all on function pydb_internal.guard_problem() from public;
