-- pydb_internal.application_path_text (application): schemas as search_path is written.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.application_path_text(p_path name[])
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select string_agg(quote_ident(u.name), ', ' order by u.ord) from unnest(p_path) with ordinality as u (name, ord);
$$;

comment on function pydb_internal.application_path_text(name[]) is
'The schemas, each quoted where it needs it, with commas: a value of search_path. Null for none.';

revoke all on function pydb_internal.application_path_text(name[]) from public;
