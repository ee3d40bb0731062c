-- pydb_internal.filter_check (filter): accept one boolean expression over one table and return it as the
-- server understood it.
-- reads the catalog, the first rows of the target   writes nothing   locks nothing above a select
-- raises 42501 55P03 YD103 YD113
create or replace function pydb_internal.filter_check(p_relation regclass, p_filter text)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
set timezone = 'UTC' -- the text is read and kept as the run will read it, whatever the session is set to
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set extra_float_digits = 1
as $$
declare
    -- judged by its names first: to be parsed at all is to have literals read by the input functions of their types
    v_problem text := coalesce(
        pydb_internal.filter_problem(p_filter),
        pydb_internal.filter_names_problem(p_relation, p_filter, false)
    );
    v_filter text;
begin
    perform pydb_internal.relation_check_seen(array[p_relation::oid]);
    perform pydb_internal.relation_check_names(array[p_relation::oid]);
    if v_problem is null then
        begin
            v_filter := pydb_internal.filter_understood(p_relation, p_filter);
            v_problem := coalesce(
                pydb_internal.filter_problem(v_filter),
                pydb_internal.filter_names_problem(p_relation, v_filter, true)
            );
        exception when syntax_error_or_access_rule_violation or data_exception or feature_not_supported then
            if sqlstate = '42501' then
                raise;
            end if;
            v_problem := sqlerrm;
        end;
    end if;
    if v_problem is null then
        begin
            execute format(
                'select count(*) from (select * from %s as t limit 100000) as t where %s',
                pydb_internal.relation_name(p_relation), v_filter
            );
        exception when data_exception then
            v_problem := format('it fails on a row: %s', sqlerrm);
        end;
    end if;
    if v_problem is not null then
        raise exception using errcode = 'YD103', message = 'filter is not one boolean expression over the table',
            detail = format('Filter %L on %s: %s.', p_filter, pydb_internal.relation_name(p_relation), v_problem),
            hint = 'Use columns, constants, operators: kind = ''debug'' and size > 0; no subquery, nothing volatile.';
    end if;
    return v_filter;
end
$$;

comment on function pydb_internal.filter_check(regclass, text) is
'Returns a filter as the server understood it, or raises YD103: it must be one boolean expression over the table, of
what PostgreSQL or a superuser''s extension brings and of enums, not volatile, without subquery, and must not fail on
the rows looked at.';

revoke all on function pydb_internal.filter_check(regclass, text) from public;
