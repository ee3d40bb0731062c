-- pydb_internal.health_seal (check; by health_audit): what the seals of the audit log say, as far as nobody has looked
-- yet.
-- reads pydb.audit_log, pydb.audit_seal, pydb.audit_head, a sequence   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_seal(
    out blocks bigint,
    out sealed_at timestamptz,
    out verified_block bigint,
    out verified_at timestamptz,
    out findings bigint,
    out missing bigint,
    out said text,
    out unsealed bigint,
    out unsealed_since timestamptz,
    out events bigint
)
language plpgsql
stable
security definer -- that something is wrong, and where, is for everybody who asks; what it was is not told
set search_path = pg_catalog, pg_temp
as $$
declare
    v_head pydb.audit_head;
begin
    select h.* into v_head from pydb.audit_head as h;
    blocks := v_head.block;
    sealed_at := v_head.sealed_at;
    verified_block := v_head.verified_block;
    verified_at := v_head.verified_at;
    select count(*), count(*) filter (where v.finding in ('deleted', 'tail_cut', 'head_gone')),
        (array_agg(format('%s in block %s%s', v.finding, v.block, ', row ' || v.audit_id)))[1]
    into findings, missing, said
    -- what was verified is not looked at again, nor is more than what takes a second
    from pydb.audit_verify(greatest(v_head.verified_block, v_head.block - 50)) as v;
    select count(*), min(u.at) into unsealed, unsealed_since
    from (
        select a.at from pydb.audit_log as a where a.id > v_head.to_id order by a.id limit 10000
    ) as u;
    events := coalesce(pg_sequence_last_value('pydb.audit_log_id_seq'), 0);
end
$$;

comment on function pydb_internal.health_seal() is
'Blocks, when they were sealed and verified, findings of pydb.audit_verify on what nobody has verified (the last 50
blocks at most) and the first of them, entries that wait for a seal (up to 10000), and entries in all.';

revoke all on function pydb_internal.health_seal() from public;
