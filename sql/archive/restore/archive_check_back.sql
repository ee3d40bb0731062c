-- pydb_internal.archive_check_back (restore): refuse a session in which rows that come back would not be checked, or
-- not be seen.
-- reads the catalog   writes nothing   locks nothing
-- raises YD001, 42501 under row-level security
create or replace function pydb_internal.archive_check_back(p_sources oid[], p_on_conflict text)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name text;
begin
    if p_on_conflict is null or p_on_conflict not in ('stop', 'skip') then
        raise exception using errcode = 'YD001', message = 'p_on_conflict cannot be what it is',
            detail = format('p_on_conflict is %L.', p_on_conflict), hint = 'p_on_conflict => ''stop'' or ''skip''';
    elsif current_setting('session_replication_role') = 'replica' then
        raise exception using errcode = 'YD001', message = 'session_replication_role is replica',
            detail = 'Foreign keys and triggers are off in this session: what comes back would not be checked.',
            hint = 'set session_replication_role = origin;';
    end if;
    select pydb_internal.relation_name(c.oid) into v_name
    from pg_class as c
    where c.oid = any(p_sources) and row_security_active(c.oid)
    limit 1;
    if v_name is not null then
        raise exception using errcode = '42501', message = format('row-level security is active on %s', v_name),
            detail = format('It could keep %I from writing or seeing what comes back.', current_user),
            hint = format('alter role %I bypassrls;', current_user);
    end if;
end
$$;

comment on function pydb_internal.archive_check_back(oid[], text) is
'Raises what is wrong with the choice for conflicts or with the session; 42501 where row-level security of one of the
tables would hide what comes back.';

revoke all on function pydb_internal.archive_check_back(oid[], text) from public;
