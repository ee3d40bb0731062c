-- pydb_internal.filter_understood (filter; by filter_check): a filter as the server understands it:
-- every constant with its type, every name with its schema.
-- reads the catalog   writes nothing   locks nothing
-- raises what the server says of the expression
create or replace function pydb_internal.filter_understood(p_relation regclass, p_filter text)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_columns text;
    v_filter text;
    v_plan jsonb;
begin
    -- a column of a domain is read as the domain's base type, else a literal beside it might become one of the domain
    select
        string_agg(case
            when not n.is_wrapped and n.plain <> n.atttypid then format('(%s)::%s', t.token, format_type(n.plain, -1))
            else t.token
        end, '' order by t.place),
        string_agg(distinct format('null::%s as %I', format_type(n.atttypid, n.atttypmod), n.attname), ', ') filter (
            where n.attname is not null
        )
    into v_filter, v_columns
    from pydb_internal.filter_tokens(p_filter) as t
    left join (
        select f.place, f.is_wrapped, a.attname, a.atttypid, a.atttypmod, pydb_internal.type_plain(a.atttypid) as plain
        from pydb_internal.filter_names(p_filter) as f
        inner join pg_attribute as a on a.attrelid = p_relation and a.attname = f.name::name and a.attnum > 0
        where f.role = 'column'
    ) as n on n.place = t.place;
    -- planned, never run; OFFSET keeps the columns from being seen through, and a second value a bare column too: what
    -- hands on all that is below it is left out of the plan
    execute format(
        'explain (verbose, costs off, format json)
        select (%s) and true, 0 from (select %s offset 0) as pydb_filter', v_filter, v_columns
    ) into v_plan;
    if exists (
        select from pydb_internal.filter_names(p_filter) as n where n.role = 'word' and n.name = 'collate'
    ) then
        return v_filter; -- a plan has collations where its text does not show them
    end if;
    -- EXPLAIN names each column with its table
    return (
        select string_agg(t.token, '' order by t.place)
        from (
            select
                o.token, o.place,
                o.word is not distinct from 'pydb_filter' and lead(o.token) over w is not distinct from '.'
                or o.token = '.' and lag(o.word) over w is not distinct from 'pydb_filter' as is_prefix
            from pydb_internal.filter_tokens(v_plan -> 0 -> 'Plan' -> 'Output' ->> 0) as o
            window w as (order by o.place)
        ) as t
        where not t.is_prefix
    );
end
$$;

comment on function pydb_internal.filter_understood(regclass, text) is
'The text of a filter as the server writes it after reading it under the search_path pg_catalog, with its constants
worked out. The filter must have been found safe before.';

revoke all on function pydb_internal.filter_understood(regclass, text) from public;
