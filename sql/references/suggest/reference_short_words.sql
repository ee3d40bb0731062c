-- pydb_internal.reference_short_words (suggest): the ways in which a column may call a table whose name begins with
-- that of its application: order_orderline: orderline, line.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_short_words(p_table name)
returns text[]
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select array_agg(distinct w.word)
    from (
        select
            split_part(p_table::text, '_', 1) as prefix, substr(p_table::text, strpos(p_table::text, '_') + 1) as rest
        where strpos(p_table::text, '_') > 1
    ) as t
    cross join lateral (
        values (t.rest), (case when starts_with(t.rest, t.prefix) then substr(t.rest, length(t.prefix) + 1) end)
    ) as s (name)
    cross join lateral unnest(pydb_internal.reference_words(s.name::name)) as w (word)
    where s.name <> ''
$$;

comment on function pydb_internal.reference_short_words(name) is
'As reference_words, of the table''s name without its first part (account_user: user), and of the rest without that part
(product_productvariant: variant too).';

revoke all on function pydb_internal.reference_short_words(name) from public;
