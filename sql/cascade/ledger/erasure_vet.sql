-- pydb_internal.erasure_vet (ledger): hook of drafts: a row for the ledger, made as whoever
-- erases; or one that is read from a file.
-- reads the root table, pydb.entity, pydb.erasure   writes nothing   locks nothing above a select
-- raises YD001 YD002 YD301
create or replace function pydb_internal.erasure_vet(p_draft jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry constant jsonb := p_draft -> 'entry';
    v_root regclass;
    v_row pydb.erasure;
begin
    if v_entry is not null then
        begin
            v_row := jsonb_populate_record(null::pydb.erasure, v_entry);
        exception when data_exception or invalid_text_representation then
            v_row := null;
        end;
        if v_row.id is null or v_row.entity is null or v_row.key_hashes is null or v_row.salt is null
            or v_row.key_columns is null or v_row.state is null or v_row.requested_at is null
            or v_row.deadline is null or v_row.reason is null or v_row.requested_by is null
        then
            raise exception using errcode = 'YD301', message = 'this is no entry of a ledger of erasures',
                detail = format('It begins: %s', left(v_entry::text, 60)), hint = 'pydb erasure export FILE';
        end if;
        -- numbers of another time would name the jobs and runs of this one
        v_row.job := null;
        v_row.run_ids := '{}';
        v_row.imported_at := clock_timestamp();
        return to_jsonb(v_row);
    end if;
    v_root := (
        pydb_internal.cascade_resolve_choices((p_draft ->> 'root')::oid::regclass, null, p_draft ->> 'entity')
    ).root;
    v_row := pydb_internal.erasure_row(
        v_root, p_draft -> 'keys', p_draft ->> 'entity', p_draft ->> 'reason', (p_draft ->> 'deadline')::interval,
        case when p_draft -> 'steps' is not null
            then array(select jsonb_populate_recordset(null::pydb.cascade_step, p_draft -> 'steps')) end,
        (p_draft ->> 'salt')::bytea
    );
    v_row.edges := array(select jsonb_populate_recordset(null::pydb.erasure_edge, p_draft -> 'edges'));
    v_row.refusal := p_draft ->> 'refusal';
    v_row.state := case when v_row.refusal is null then 'started' else 'refused' end;
    v_row.replay_of := (p_draft ->> 'replay_of')::uuid;
    return to_jsonb(v_row);
end
$$;

comment on function pydb_internal.erasure_vet(jsonb) is
'The row of the ledger that a draft asks for: started, refused, or (entry) as a file has it.';

revoke all on function pydb_internal.erasure_vet(jsonb) from public;
