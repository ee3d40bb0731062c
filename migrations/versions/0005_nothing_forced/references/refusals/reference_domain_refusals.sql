-- pydb_internal.reference_domain_refusals (refusals; by reference_set_refusals): what the domain of a column, and those
-- below it, say against a value.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_domain_refusals(p_relation oid, p_column name, p_value text)
returns table (code text, label text, condition text, is_sure boolean)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with recursive line (oid, base, typmod, typnotnull) as (
        select t.oid, t.typbasetype, a.atttypmod, t.typnotnull
        from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_type as t on t.oid = a.atttypid and t.typtype = 'd'
        where a.attrelid = p_relation and a.attname = p_column and a.attnum > 0
        union all
        select t.oid, t.typbasetype, l.typmod, t.typnotnull
        from line as l
        inner join pg_catalog.pg_type as t on t.oid = l.base and t.typtype = 'd'
    ),

    base (type) as (
        select format_type(pydb_internal.reference_base_type(l.oid), null) from line as l limit 1
    )

    select 'check', format('domain %s, which is not null', format_type(l.oid, null)), format(
        '((%s)::%s) is null', p_value, b.type
    ), true
    from line as l
    cross join base as b
    where l.typnotnull
    union all
    select 'check', format('check constraint %I of domain %s', k.conname, format_type(l.oid, null)), case
        when pydb_internal.reference_is_plain(k.conbin::text) then format(
            '(select not coalesce((%s), true) from (select (%s)::%s as value) as "row after")',
            pg_get_expr(k.conbin, 0), p_value, b.type
        )
    end, pydb_internal.reference_is_sure(k.conbin::text)
    from line as l
    cross join base as b
    inner join pg_catalog.pg_constraint as k on k.contypid = l.oid and k.contype = 'c';
$$;

comment on function pydb_internal.reference_domain_refusals(oid, name, text) is
'NOT NULL and CHECK of the domains of a column: code, words, and the condition (SQL text) under which they refuse the
value; null: only doing it shows.';

revoke all on function pydb_internal.reference_domain_refusals(oid, name, text) from public;
