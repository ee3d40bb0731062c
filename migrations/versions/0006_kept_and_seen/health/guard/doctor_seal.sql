-- pydb_internal.doctor_seal (guard; by doctor): whether the audit log is what was sealed, as far as nobody has
-- looked yet.
-- reads pydb.audit_log, pydb.audit_seal, pydb.audit_head   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_seal()
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language plpgsql
stable
security definer -- that something is wrong, and where, is for everybody who asks; what it was is not told
set search_path = pg_catalog, pg_temp
as $$
declare
    v_head pydb.audit_head;
    v_findings bigint;
    v_first text;
    v_waiting bigint;
    v_since timestamptz;
begin
    select h.* into v_head from pydb.audit_head as h;
    select count(*), (array_agg(format('%s in block %s%s', v.finding, v.block, ', row ' || v.audit_id)))[1]
    into v_findings, v_first
    -- what was verified is not looked at again, nor is more than what takes a second
    from pydb.audit_verify(greatest(v_head.verified_block, v_head.block - 50)) as v;
    select count(*), min(a.at) into v_waiting, v_since from pydb.audit_log as a where a.id > v_head.to_id;
    return query select
        'audit',
        case when v_findings > 0 then 'error'
            when v_since < clock_timestamp() - interval '1 day' then 'degraded' else 'ok' end,
        case when v_findings > 0 then 'audit_broken'
            when v_since < clock_timestamp() - interval '1 day' then 'audit_unsealed' else 'audit_sealed' end,
        case when v_findings > 0 then format('the audit log is not what was sealed: %s', v_first)
            else pydb_internal.seal_text(v_head.block, v_waiting) end,
        case
            when v_findings > 0 then format('%s findings since block %s.', v_findings, v_head.verified_block)
            when v_since < clock_timestamp() - interval '1 day' then format('The oldest is of %s.', v_since)
        end,
        case when v_findings > 0 then 'pydb audit verify'
            when v_since < clock_timestamp() - interval '1 day' then 'pydb audit seal' end;
end
$$;

comment on function pydb_internal.doctor_seal() is
'A row of pydb.doctor about the audit log: sealed, rows that wait for more than a day, or not what was sealed.';

revoke all on function pydb_internal.doctor_seal() from public;
