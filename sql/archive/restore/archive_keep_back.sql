-- pydb_internal.archive_keep_back (restore): note rows of a part that cannot go back, and why.
-- reads the archive, the catalog   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.archive_keep_back(
    p_part pydb_internal.archive_part,
    p_tids tid[],
    p_code text,
    p_what text[]
)
returns pydb_internal.archive_part
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_names text;
    v_more jsonb;
begin
    select string_agg(format('%L, a.%I', k.attname, k.attname), ', ' order by u.ord) into v_names
    from pg_index as i
    cross join lateral unnest(i.indkey::smallint[]) with ordinality as u (attnum, ord)
    inner join pg_attribute as k on k.attrelid = i.indrelid and k.attnum = u.attnum
    inner join pydb_internal.archive_columns((p_part).archive) as s on s.name = k.attname
    where i.indrelid = (p_part).source and i.indisprimary;
    execute format(
        'select jsonb_agg(jsonb_build_object(''code'', $3, ''key'', %s, ''what'', u.what) order by u.ord)
        from unnest($1, $2) with ordinality as u (tid, what, ord)
        inner join %s as a on a.ctid = u.tid where u.ord <= $4',
        coalesce(format('jsonb_build_object(%s)', v_names), 'to_jsonb(a)'),
        pydb_internal.relation_name((p_part).archive)
    ) into v_more using p_tids, p_what, p_code, greatest(1000 - jsonb_array_length((p_part).found), 0);
    p_part.kept := (p_part).kept || p_tids;
    p_part.found := (p_part).found || coalesce(v_more, '[]');
    if p_code <> all((p_part).codes) then
        p_part.codes := (p_part).codes || p_code;
    end if;
    return p_part;
end
$$;

comment on function pydb_internal.archive_keep_back(pydb_internal.archive_part, tid[], text, text[]) is
'The part without some of its rows, with one finding each: code, primary key (without one the whole row), what.';

revoke all on function pydb_internal.archive_keep_back(pydb_internal.archive_part, tid[], text, text[]) from public;
