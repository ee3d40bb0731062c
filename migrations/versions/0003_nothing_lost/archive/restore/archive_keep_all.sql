-- pydb_internal.archive_keep_all (restore): note that no row of a part can go back, and why.
-- reads the archive, the catalog   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.archive_keep_all(
    p_part pydb_internal.archive_part,
    p_code text,
    p_what text
)
returns pydb_internal.archive_part
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tids tid[];
begin
    execute format(
        'select array_agg(a.ctid) from %s as a where %s', pydb_internal.relation_name((p_part).archive),
        pydb_internal.archive_condition(p_part, 1)
    ) into v_tids using array[p_part];
    return case when v_tids is null then p_part else pydb_internal.archive_keep_back(
        p_part, v_tids, p_code, array_fill(p_what, array[cardinality(v_tids)])
    ) end;
end
$$;

comment on function pydb_internal.archive_keep_all(pydb_internal.archive_part, text, text) is
'The part with all of its rows kept, each with this finding.';

revoke all on function pydb_internal.archive_keep_all(pydb_internal.archive_part, text, text) from public;
