-- pydb_internal.guard_read (guard): what tells this database from a copy of it: the server, its timeline, the database,
-- and where its files lie.
-- reads the control file, pg_database, settings of the server   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.guard_read()
returns pydb_internal.guard_place
language plpgsql
stable
security definer -- what only the owner may see of the server counts, whoever runs; nothing is asked of the caller
set search_path = pg_catalog, pg_temp
as $$
declare
    v_place pydb_internal.guard_place;
begin
    select d.oid, d.datname into v_place.database_oid, v_place.database_name
    from pg_database as d
    where d.datname = current_database();
    if has_function_privilege('pg_control_system()', 'EXECUTE') then
        v_place.system_identifier := (select s.system_identifier from pg_control_system() as s);
    end if;
    -- not pg_control_checkpoint(): that still says the old one between a promotion and the checkpoint after it
    if not pg_is_in_recovery() and has_function_privilege('pg_current_wal_lsn()', 'EXECUTE')
        and has_function_privilege('pg_walfile_name(pg_lsn)', 'EXECUTE')
    then
        v_place.timeline := ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer;
    end if;
    v_place.files := jsonb_build_object(
        'port', current_setting('port'), 'cluster_name', current_setting('cluster_name')
    );
    if pg_has_role('pg_read_all_settings', 'USAGE') then
        -- a hash: where it lies is not for everybody to see
        v_place.files := v_place.files || jsonb_build_object('data_directory', left(
            encode(sha256(convert_to(current_setting('data_directory'), 'UTF8')), 'hex'), 12
        ));
    end if;
    -- statements of their own: the right to call a function is asked when an expression is set up, used or not
    if has_function_privilege('pg_stat_file(text)', 'EXECUTE') then
        -- this file is written once, by initdb or by who copies it: neither chmod nor chown nor a restart changes that
        v_place.files := v_place.files || jsonb_build_object('written', (
            select extract(epoch from f.modification)::bigint::text from pg_stat_file('PG_VERSION') as f
        ));
    end if;
    return v_place;
end
$$;

comment on function pydb_internal.guard_read() is
'System identifier, timeline (null in recovery), oid and name of the database, and what can be known of the place of its
files; null = cannot be known here.';

revoke all on function pydb_internal.guard_read() from public;
