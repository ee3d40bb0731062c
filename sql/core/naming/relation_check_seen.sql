-- pydb_internal.relation_check_seen (naming): before rows are looked at: that row-level security hides none of some
-- tables, said with what to do about it.
-- reads the catalog   writes nothing   locks nothing
-- raises 42501
create or replace function pydb_internal.relation_check_seen(p_relations oid[])
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_hidden text;
begin
    select string_agg(pydb_internal.relation_name(c.oid), ', ' order by c.oid) into v_hidden
    from pg_class as c
    where c.oid = any(p_relations) and c.relrowsecurity and row_security_active(c.oid);
    if v_hidden is not null then
        raise exception using errcode = '42501', -- as the server itself says it
            message = format('row-level security of %s hides rows from %s', v_hidden, current_user),
            detail = 'Not all rows would be seen, so nothing is said of any.',
            hint = format('alter role %I bypassrls;', current_user);
    end if;
end
$$;

comment on function pydb_internal.relation_check_seen(oid[]) is
'Lets tables pass whose rows the current role sees all.';

revoke all on function pydb_internal.relation_check_seen(oid[]) from public;
