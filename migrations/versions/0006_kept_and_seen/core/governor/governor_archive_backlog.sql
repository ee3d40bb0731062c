-- pydb_internal.governor_archive_backlog (governor): indicator: WAL segments that wait for the archiver.
-- reads pg_stat_archiver   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.governor_archive_backlog(p_relation regclass)
returns pydb.governor_reading
language plpgsql
stable
security definer -- a run needs no right on what the server tells the owner
set search_path = pg_catalog, pg_temp
as $$
declare
    v_last text;
    v_now text;
    v_size bigint;
    v_reading pydb.governor_reading;
begin
    v_reading.unit := 'segments';
    v_reading.known := true;
    v_reading.value := 0;
    if current_setting('archive_mode') = 'off' then
        v_reading.reason := 'archive_mode is off';
        return v_reading;
    end if;
    select left(a.last_archived_wal, 24), a.last_archived_wal is not null or a.failed_count = 0
    into v_last, v_reading.known
    from pg_stat_archiver as a;
    v_size := pg_size_bytes(current_setting('wal_segment_size'));
    v_now := pg_walfile_name(pg_current_wal_insert_lsn());
    if not v_reading.known then
        v_reading.value := null;
        v_reading.reason := 'the archiver fails, and has archived nothing yet';
    elsif v_last ~ '^[0-9A-F]{24}$' then
        -- of the number of a segment: how many there are in 4 GB, and the rest
        v_reading.value := greatest(0, (
            ('x' || substr(v_now, 9, 8))::bit(32)::bigint - ('x' || substr(v_last, 9, 8))::bit(32)::bigint
        ) * (4294967296 / v_size)
        + ('x' || substr(v_now, 17, 8))::bit(32)::bigint - ('x' || substr(v_last, 17, 8))::bit(32)::bigint - 1)::float8;
        v_reading.reason := format('last archived: %s', v_last);
    else
        v_reading.reason := 'nothing was archived yet';
    end if;
    return v_reading;
end
$$;

comment on function pydb_internal.governor_archive_backlog(regclass) is
'WAL segments between the last one that was archived and the one that is written; unknown where the archiver has only
failed. 0 where archive_mode is off.';

revoke all on function pydb_internal.governor_archive_backlog(regclass) from public;
