-- pydb_internal.retention_text_time (time; by retention_time_hint): type and expression of a generated column that
-- tells the time which a text holds.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_text_time(p_column name, p_value text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select case
        -- ten digits of Crockford's base 32 are the milliseconds
        when p_value ~* '^[0-7][0-9a-hjkmnp-tv-z]{25} *$'
            or p_value is null and p_column ~* '(^|_)u?l?id$' then 'bigint generated always as (' || (
            select string_agg(format(
                '((strpos(''0123456789ABCDEFGHJKMNPQRSTVWXYZ'', substr(upper(%I), %s, 1)) - 1)::bigint << %s)',
                p_column, g.i, 50 - 5 * g.i
            ), ' + ' order by g.i)
            from generate_series(1, 10) as g (i)
        ) || ') stored'
        when p_value ~* '^[0-9a-f]{8}-?[0-9a-f]{4}-?7[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12} *$'
            then format('uuid generated always as (%I::uuid) stored', p_column)
        when p_value ~ '^[0-9]{9,19}$' then format('bigint generated always as (%I::bigint) stored', p_column)
        when p_value ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' or p_value is null then format(
            'date generated always as (make_date(substr(%1$I, 1, 4)::int, substr(%1$I, 6, 2)::int, '
            'substr(%1$I, 9, 2)::int)) stored', p_column
        )
        -- with an offset it would take more: a generated column must not depend on the time zone
        when p_value ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}.[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?Z?$' then format(
            'timestamp generated always as (make_timestamp(substr(%1$I, 1, 4)::int, substr(%1$I, 6, 2)::int, '
            'substr(%1$I, 9, 2)::int, substr(%1$I, 12, 2)::int, substr(%1$I, 15, 2)::int, '
            'substr(%1$I, 18, 2)::double precision)) stored', p_column
        )
        else 'timestamptz default now()'
    end
$$;

comment on function pydb_internal.retention_text_time(name, text) is
'By a value that is there: ULID, uuid of version 7, digits, ISO 8601 date or time; a column filled from now on where it
is none of these.';

revoke all on function pydb_internal.retention_text_time(name, text) from public;
