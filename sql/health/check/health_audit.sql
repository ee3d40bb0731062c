-- pydb_internal.health_audit (check; by health): is the audit log what was sealed.
-- reads what health_seal reads   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_audit(p_now timestamptz)
returns pydb_internal.health_said
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_seal constant record := pydb_internal.health_seal();
    v_findings jsonb;
begin
    select jsonb_agg(to_jsonb(f) - 'applies') into v_findings
    from (
        values
        (
            v_seal.findings > 0, 'error', 'audit_broken', 'the audit log is not what was sealed: ' || v_seal.said,
            format('%s findings since block %s.', v_seal.findings, v_seal.verified_block), 'pydb audit verify'
        ),
        (
            v_seal.unsealed_since < p_now - interval '1 day', 'degraded', 'audit_unsealed',
            format('entries of the audit log that wait for a seal: %s', v_seal.unsealed),
            format('The oldest is of %s.', v_seal.unsealed_since),
            'pydb audit seal; for ever: pydb schedule set audit_seal_run ''*/10 * * * *'''
        )
    ) as f (applies, status, reason_code, summary, detail, hint)
    where f.applies;
    return pydb_internal.health_say(
        jsonb_strip_nulls(to_jsonb(v_seal) - 'said') || jsonb_build_object('is_intact', v_seal.findings = 0),
        v_findings, pydb_internal.seal_text(v_seal.blocks, v_seal.unsealed)
    );
end
$$;

comment on function pydb_internal.health_audit(timestamptz) is
'Component audit: an audit log that is not what was sealed is an error; entries that wait for a seal for a day,
degraded. Looked at is what nobody has verified yet, of the last 50 blocks.';

revoke all on function pydb_internal.health_audit(timestamptz) from public;
