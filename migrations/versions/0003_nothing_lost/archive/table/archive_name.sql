-- pydb_internal.archive_name (table; by archive_table_store): the name of the archive of a table.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_name(p_source oid)
returns name
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_full text;
    v_name text;
    v_length integer := 63;
begin
    select n.nspname || '__' || c.relname into v_full
    from pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace
    where c.oid = p_source;
    v_name := v_full;
    if octet_length(v_name) > 63 or exists (
        select from pg_class as c where c.relnamespace = 'pydb_archive'::regnamespace and c.relname = v_name
    ) then
        -- of as many characters as fit into the bytes; the table's own number, so never the same for two
        while octet_length(left(v_full, v_length)) > 50 loop
            v_length := v_length - 1;
        end loop;
        v_name := left(v_full, v_length) || '_' || left(md5(v_full || p_source::text), 12);
    end if;
    return v_name::name;
end
$$;

comment on function pydb_internal.archive_name(oid) is
'schema__table; shortened, with a hash of name and number, where that is longer than 63 bytes or taken.';

revoke all on function pydb_internal.archive_name(oid) from public;
