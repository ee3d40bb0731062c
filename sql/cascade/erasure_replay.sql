-- pydb.erasure_replay: after a restore of an older backup, delete again what one entry of a ledger says was erased.
-- reads pydb.entity, the root   writes pydb.erasure, pydb.audit_log, and what cascade_delete or cascade_request writes
-- locks what these lock
-- raises YD002 YD301, and what these raise
create or replace function pydb.erasure_replay(
    p_entry jsonb,
    p_keys jsonb default null,
    p_dry_run boolean default false,
    out id uuid,
    out entity text,
    out outcome text,
    out back bigint,
    out rows bigint,
    out job bigint
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry constant pydb.erasure :=
        jsonb_populate_record(null::pydb.erasure, pydb_internal.erasure_vet(jsonb_build_object('entry', p_entry)));
    v_root constant regclass := (pydb_internal.cascade_resolve_choices(null, null, v_entry.entity)).root;
    v_problem constant text := pydb_internal.erasure_problem(v_entry);
    v_terms record := pydb_internal.cascade_root_terms(v_root);
    v_keys jsonb := p_keys;
begin
    id := v_entry.id;
    entity := v_entry.entity;
    if v_problem is not null then
        raise exception using errcode = 'YD301', message = 'this erasure cannot be replayed: ' || v_problem,
            detail = format('Erasure %s of %s.', id, v_entry.requested_at),
            hint = format('select pydb.entity_set(%L, %L);', entity, v_entry.root_name);
    end if;
    if not p_dry_run then
        perform pydb_internal.erasure_store(
            pydb_internal.draft_add('erasure', jsonb_build_object('entry', p_entry))
        );
    end if;
    if v_entry.state not in ('started', 'completed') then
        v_keys := '[]'; -- nobody was erased
    elsif v_keys is null then
        v_keys := (
            select coalesce(jsonb_agg(distinct f.key), '[]') from pydb_internal.erasure_back(array[v_entry]) as f
        );
    elsif not (pydb_internal.erasure_hashes(v_root, v_keys, v_entry.salt)).hashes <@ v_entry.key_hashes then
        raise exception using errcode = 'YD301', message = 'a key is none of this erasure',
            detail = format('Erasure %s of %s.', id, v_entry.requested_at), hint = 'Leave p_keys out.';
    end if;
    back := jsonb_array_length(v_keys);
    rows := 0;
    if v_entry.state not in ('started', 'completed') then
        outcome := 'not_erased';
    elsif back = 0 then
        outcome := 'nothing';
    elsif p_dry_run then
        outcome := 'planned';
        rows := (
            select coalesce(sum(s.rows), 0) from pydb.cascade_plan(
                null, v_keys, p_entity => v_entry.entity, p_purge => coalesce(v_entry.purge, false)
            ) as s
            where s.action in ('delete', 'purge')
        )::bigint;
    elsif v_terms.entity is not null or v_entry.purge then
        outcome := 'requested';
        job := (pydb.cascade_request(
            null, v_keys, p_entity => v_entry.entity, p_reason => v_entry.reason, p_replay_of => id,
            p_purge => coalesce(v_entry.purge, false)
        )).id;
    else
        outcome := 'deleted';
        rows := (
            select coalesce(sum(s.done), 0) from pydb.cascade_delete(
                null, v_keys, p_entity => v_entry.entity, p_reason => v_entry.reason, p_replay_of => id
            ) as s
            where s.action = 'delete'
        )::bigint;
    end if;
end
$$;

comment on function pydb.erasure_replay(jsonb, jsonb, boolean) is
'Takes an entry as pydb.erasure_export gives it, enters it into the ledger where it is not there, looks for its rows by
hashing the live keys (one scan of the root) and deletes those that are back by pydb.cascade_delete, under its entity
and reason. outcome: nothing (nobody is back), deleted, planned (p_dry_run), requested (a job waits: the entity wants a
second person or time, or the erasure was for good, and takes copies that came back too), not_erased (the
entry is a request or a refusal). Again it finds nothing. p_keys: its keys, where they are known already.';

revoke all on function pydb.erasure_replay(jsonb, jsonb, boolean) from public;
