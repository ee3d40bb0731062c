-- pydb_internal.orphan_set_status (scan; by orphan_scan_piece): say among the findings how the look at a reference
-- ended short of a result.
-- writes pydb.orphan_finding   locks the row it writes
-- raises nothing
create or replace function pydb_internal.orphan_set_status(
    p_reference text,
    p_status text,
    p_reason text,
    p_sqlstate text
)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update pydb.orphan_finding as f
    set status = p_status, reason = p_reason, sqlstate = p_sqlstate, looked_at = clock_timestamp(),
        coverage = coalesce((f.progress ->> 'coverage')::numeric, 0)
    where f.reference = p_reference;
    return p_status;
end
$$;

comment on function pydb_internal.orphan_set_status(text, text, text, text) is
'Sets status, reason and SQLSTATE of a finding; the last whole result stays. Returns the status.';

revoke all on function pydb_internal.orphan_set_status(text, text, text, text) from public;
