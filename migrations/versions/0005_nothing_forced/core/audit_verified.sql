-- pydb.audit_verified: verify the audit log, and note up to where it is what was sealed.
-- reads what audit_verify reads   writes pydb.audit_head   locks its row
-- raises YD007 YD861
create or replace function pydb.audit_verified(p_heads text[] default null)
returns text
language plpgsql
security definer -- what it notes is what it found itself
set search_path = pg_catalog, pg_temp
as $$
declare
    v_block bigint;
    v_findings bigint;
    v_first text;
begin
    perform pydb_internal.run_check_read_write();
    select h.block into v_block from pydb.audit_head as h;
    select count(*), (array_agg(format('%s in block %s%s', v.finding, v.block, ', row ' || v.audit_id)))[1]
    into v_findings, v_first
    from pydb.audit_verify(null, p_heads) as v;
    if v_findings > 0 then
        raise exception using errcode = 'YD861', message = 'the audit log is not what was sealed: ' || v_first,
            detail = format('%s findings.', v_findings), hint = 'select * from pydb.audit_verify();';
    end if;
    update pydb.audit_head
    set verified_block = greatest(verified_block, v_block), verified_at = clock_timestamp()
    where is_it;
    return format('the audit log is what was sealed: %s blocks', v_block);
end
$$;

comment on function pydb.audit_verified(text[]) is
'Verifies all blocks, notes that, and returns a sentence; YD861 where something is not what was sealed. pydb.doctor
looks only at what came since. p_heads: see pydb.audit_verify.';

revoke all on function pydb.audit_verified(text[]) from public;
