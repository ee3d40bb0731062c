-- pydb.help: the manual of what is public in schema pydb, out of the catalog's own comments.
-- reads the catalog   writes nothing   locks nothing
-- raises YD002
create or replace function pydb.help(p_name text default null)
returns table (name text, kind text, what text, arguments text, example text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name constant text := regexp_replace(p_name, '^pydb[.]|[(].*$', '', 'g');
begin
    return query
    select
        p.proname::text,
        case p.prokind when 'p' then 'procedure' else 'function' end,
        obj_description(p.oid, 'pg_proc'),
        (
            select string_agg(format(
                '%s %s%s', a.name, format_type(a.type, null),
                coalesce(' default ' || regexp_replace(
                    pg_get_function_arg_default(p.oid, a.place::integer), '::[a-z ]+$', ''
                ), '')
            ), e'\n' order by a.place)
            from unnest(p.proargnames[1:p.pronargs], p.proargtypes::oid[]) with ordinality as a (name, type, place)
        ),
        format(
            '%s pydb.%s(%s);',
            case
                when p.prokind = 'p' then 'call'
                when p.proretset or t.typtype = 'c' then 'select * from'
                else 'select'
            end,
            p.proname,
            (
                select string_agg(
                    format('%s => %s', a.name, case
                        when a.type = 'regclass'::regtype then '''schema.table'''
                        when a.name = 'p_lease' then '''30 s'''
                        when a.type = 'interval'::regtype then '''30 days'''
                        when a.type in ('integer'::regtype, 'bigint'::regtype) then '1'
                        when a.type in ('json'::regtype, 'jsonb'::regtype) then '''[]'''
                        else '''…'''
                    end), ', ' order by a.place
                )
                from unnest(p.proargnames[1:p.pronargs], p.proargtypes::oid[]) with ordinality as a (name, type, place)
                where a.place <= p.pronargs - p.pronargdefaults
            )
        )
    from pg_proc as p
    join pg_type as t on t.oid = p.prorettype
    where p.pronamespace = 'pydb'::regnamespace and (v_name is null or p.proname = v_name)
    union all
    select
        c.relname::text,
        case c.relkind when 'v' then 'view' else 'table' end,
        obj_description(c.oid, 'pg_class'),
        (
            select string_agg(
                format('%s %s  %s', a.attname, format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum)),
                e'\n' order by a.attnum
            )
            from pg_attribute as a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        ),
        format('select * from pydb.%I;', c.relname)
    from pg_class as c
    where c.relnamespace = 'pydb'::regnamespace and c.relkind in ('r', 'v')
        and (v_name is null or c.relname = v_name)
    order by 2, 1;
    if not found then
        raise exception using errcode = 'YD002', message = format('schema pydb has nothing called %L', v_name),
            detail = 'Names are whole: retention_run.', hint = 'select name, what from pydb.help();';
    end if;
end
$$;

comment on function pydb.help(text) is
'The manual: one row for each routine, view and table of schema pydb, or the one that p_name names: what it is, its
arguments (of a view its columns) one a line with their defaults, and a call to begin with. In psql: \x on, then
select * from pydb.help(''retention_run'');';

revoke all on function pydb.help(text) from public;
