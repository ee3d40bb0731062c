-- pydb_internal.reference_words (suggest): the ways in which a column may call a table: users:
-- users, user; without case and underscores.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_words(p_table name)
returns text[]
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select array_agg(distinct w.word)
    from (select replace(lower(p_table::text collate "default"), '_', '') as name) as t
    cross join lateral (
        values
        (t.name),
        (regexp_replace(t.name, '([^s])s$', '\1')),
        (regexp_replace(t.name, '(s|x|z|ch|sh)es$', '\1')),
        (regexp_replace(t.name, 'ies$', 'y'))
    ) as w (word)
    where w.word <> ''
$$;

comment on function pydb_internal.reference_words(name) is
'The table''s name in lower case without underscores, as it is and in its English singulars.';

revoke all on function pydb_internal.reference_words(name) from public;
