-- pydb_internal.cascade_check_root (root): refuse what is not an ordinary or partitioned table.
-- reads the catalog   writes nothing   locks nothing
-- raises YD003 YD004
create or replace function pydb_internal.cascade_check_root(p_root regclass)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name constant text := pydb_internal.relation_name(p_root);
    v_problem constant text := pydb_internal.relation_problem(p_root);
begin
    if v_name is null then
        raise exception using errcode = 'YD004', message = format('relation %s does not exist', p_root::oid),
            detail = 'It was dropped, or none was given.', hint = 'psql: \dt *.*';
    elsif v_problem is not null then
        raise exception using errcode = 'YD003',
            message = format('no cascade from %s: it is %s', v_name, v_problem),
            detail = 'A cascade starts at rows of an ordinary or a partitioned table.',
            hint = 'Name the table that holds the rows.';
    end if;
end
$$;

comment on function pydb_internal.cascade_check_root(regclass) is
'Raises YD003 unless the relation is an ordinary or partitioned table, YD004 if there is none.';

revoke all on function pydb_internal.cascade_check_root(regclass) from public;
