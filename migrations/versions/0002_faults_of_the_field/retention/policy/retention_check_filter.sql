-- pydb_internal.retention_check_filter (policy; by retention_policy_vet): accept one boolean expression over one table
-- and return it as the server understood it.
-- reads the catalog, the first rows of the target   writes nothing   locks nothing above a select
-- pydb_internal.retention_check_filter (policy): accept one boolean expression over one table and return it as the
-- server understood it.
-- writes a temporary table, dropped again   reads the first rows of the target   locks nothing above a select
-- raises YD103
create or replace function pydb_internal.retention_check_filter(p_relation regclass, p_filter text)
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
        pydb_internal.retention_filter_problem(p_filter),
        pydb_internal.retention_names_problem(p_relation, p_filter, false)
    );
as $$
declare
    v_problem text := pydb_internal.retention_filter_problem(p_filter);
    v_tree text;
    v_filter text;
begin
    if v_problem is null then
        begin
            v_filter := pydb_internal.retention_filter_understood(p_relation, p_filter);
            v_problem := coalesce(
                pydb_internal.retention_filter_problem(v_filter),
                pydb_internal.retention_names_problem(p_relation, v_filter, true)
            );
            -- a CHECK takes one expression over one table, without subqueries and aggregates: let the server judge
            execute format(
                'create temporary table pydb_filter_check (like %s)', pydb_internal.relation_name(p_relation));
            execute format('alter table pg_temp.pydb_filter_check add constraint f check (%s)', p_filter);
            select k.conbin::text, pg_get_expr(k.conbin, k.conrelid) into v_tree, v_filter
            from pg_constraint as k
            where k.conrelid = to_regclass('pg_temp.pydb_filter_check') and k.contype = 'c' and k.conname = 'f';
            drop table pg_temp.pydb_filter_check;
        exception when syntax_error_or_access_rule_violation or data_exception or feature_not_supported then
            if sqlstate = '42501' then
                raise;
            end if;
            v_problem := sqlerrm;
        end;
    end if;
    if v_problem is null and v_tree ~ '\{COERCETODOMAIN ' then
        v_problem := 'it casts to a domain, whose checks may call anything';
    end if;
    if v_problem is null then
        -- functions are named by oid in the parsed tree, string constants are not text there: nothing can hide
        select format('it calls %s, which is %s', p.oid::regprocedure, case
            when p.provolatile = 'v' then 'volatile'
            when p.proname ~ '_to_xml' then 'a query in disguise'
            else 'not part of PostgreSQL or an extension'
        end) into v_problem
        from regexp_matches(v_tree, ':(?:funcid|opfuncid|hashfuncid|negfuncid) ([0-9]+)', 'g') as m (match)
        inner join pg_proc as p on p.oid = m.match[1]::oid
        where p.provolatile = 'v' or p.proname ~ '_to_xml' or (
            p.pronamespace <> 'pg_catalog'::regnamespace
            and not exists (
                select 1 from pg_depend as d
                where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
            )
        )
        order by p.oid
        limit 1;
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

comment on function pydb_internal.retention_check_filter(regclass, text) is
'Returns a filter as the server understood it, or raises YD103: it must be one boolean expression over the table, of
what PostgreSQL or a superuser''s extension brings and of enums, not volatile, without subquery, and must not fail on
the rows looked at.';
built-in or extension functions that are not volatile, without subquery, and must not fail on the rows looked at.';

revoke all on function pydb_internal.retention_check_filter(regclass, text) from public;
