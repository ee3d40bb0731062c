-- pydb._cascade_check_root: refuse what is not an ordinary or partitioned table.
-- reads the catalog   writes nothing   locks nothing
-- raises YD003 YD004
create or replace function pydb._cascade_check_root(p_root regclass)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_class pg_class;
    v_problem text;
begin
    select c.* into v_class from pg_class as c where c.oid = p_root;
    if not found then
        raise exception using errcode = 'YD004', message = format('relation %s does not exist', p_root::oid),
            detail = 'It was dropped, or none was given.', hint = 'psql: \dt *.*';
    end if;
    v_problem := case
        when v_class.relkind = 'v' then 'it is a view'
        when v_class.relkind = 'm' then 'it is a materialized view'
        when v_class.relkind = 'f' then 'it is a foreign table: delete where its rows live'
        when v_class.relkind not in ('r', 'p') then 'it is not a table'
        when v_class.relpersistence = 't' then 'it is a temporary table'
        when v_class.relnamespace in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
            then 'it is a system table'
        when v_class.relnamespace = 'pydb'::regnamespace then 'it is one of pydb''s own tables'
    end;
    if v_problem is not null then
        raise exception using errcode = 'YD003',
            message = format('no cascade from %s: %s', pydb._relation_name(p_root), v_problem),
            detail = 'A cascade starts at rows of an ordinary or a partitioned table.',
            hint = 'Name the table that holds the rows.';
    end if;
end
$$;

comment on function pydb._cascade_check_root(regclass) is
'Raises YD003 unless the relation is an ordinary or partitioned table, YD004 if there is none.';

revoke all on function pydb._cascade_check_root(regclass) from public;
