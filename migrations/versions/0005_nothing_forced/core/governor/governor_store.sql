-- pydb_internal.governor_store (governor; by governor_set): write a checked indicator, under the role that set it.
-- reads and writes pydb.governor_indicator, pydb_internal.draft   writes pydb.audit_log   locks the indicator's row
-- raises YD005
create or replace function pydb_internal.governor_store(p_draft bigint)
returns pydb.governor_indicator
language plpgsql
security definer -- the table is writable through this function alone
set search_path = pg_catalog, pg_temp
as $$
declare
    v_draft constant pydb_internal.draft := pydb_internal.draft_take('governor', p_draft);
    v_old pydb.governor_indicator;
    v_new pydb.governor_indicator := jsonb_populate_record(null::pydb.governor_indicator, v_draft.content);
begin
    perform pg_advisory_xact_lock(hashtextextended('pydb.governor_indicator', 0));
    select g.* into v_old from pydb.governor_indicator as g where g.name = v_new.name for update;
    v_new.author := v_draft.author;
    v_new.author_role := v_draft.author_role;
    v_new.updated_at := coalesce(v_old.updated_at, now());
    if v_new is not distinct from v_old then
        return v_old;
    end if;
    v_new.updated_at := now();
    delete from pydb.governor_indicator as g where g.name = v_new.name;
    insert into pydb.governor_indicator select v_new.*;
    perform pydb_internal.audit_add(
        'governor_set', v_new.name, jsonb_build_object('old', to_jsonb(v_old), 'new', to_jsonb(v_new)), null
    );
    return v_new;
end
$$;

comment on function pydb_internal.governor_store(bigint) is
'Stores an indicator whose draft was checked in this transaction.';

revoke all on function pydb_internal.governor_store(bigint) from public;
