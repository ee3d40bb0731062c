-- pydb_internal.orphan_chunk (scan): go on with the scan of one reference by one piece; its errors become its status.
-- reads the child and the parent   writes pydb.orphan_finding, pydb_internal.orphan_mark   locks the reference's
-- finding
-- raises nothing
create or replace function pydb_internal.orphan_chunk(
    p_reference text,
    p_min_age interval,
    p_sample integer,
    p_range bigint,
    p_target double precision
)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_finding pydb.orphan_finding;
    v_state text;
    v_error text;
begin
    -- whoever holds the row is at this very reference; one piece after the other, whoever takes it
    select f.* into v_finding from pydb.orphan_finding as f where f.reference = p_reference for update skip locked;
    if v_finding.reference is null then
        return 'held';
    end if;
    return pydb_internal.orphan_advance(v_finding, p_min_age, p_sample, p_range, p_target);
exception when others then
    get stacked diagnostics v_state = returned_sqlstate, v_error = message_text;
    if v_state = '55P03' then
        return pydb_internal.orphan_note(p_reference, 'skipped', 'the table is locked by another session', v_state);
    end if;
    return pydb_internal.orphan_note(p_reference, 'error', v_error, v_state);
end
$$;

comment on function pydb_internal.orphan_chunk(text, interval, integer, bigint, double precision) is
'Looks at the next piece of a reference, of p_range blocks at first and then as large as takes p_target milliseconds.
Returns more, complete, partial (foreign partitions), skipped, error, or held: another session is at it.';

revoke all on function pydb_internal.orphan_chunk(text, interval, integer, bigint, double precision) from public;
