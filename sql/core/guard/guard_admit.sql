-- pydb_internal.guard_admit (guard): whether this database may be deleted from; remembers it the first
-- time, and takes up what was allowed beforehand.
-- reads and writes pydb.guard_server   writes pydb.audit_log   locks its row, and a key of its own, where it
-- writes
-- raises nothing
create or replace function pydb_internal.guard_admit()
returns text
language plpgsql
security definer -- the table is writable to nobody else; nothing is asked of the caller
set search_path = pg_catalog, pg_temp
as $$
declare
    v_known pydb.guard_server;
    v_found pydb_internal.guard_place;
    v_problem text;
begin
    if pg_is_in_recovery() then
        return null; -- nothing can be deleted there, and whoever tries hears of that
    end if;
    select g.* into v_known from pydb.guard_server as g; -- first: who is through since has made it no problem
    v_found := pydb_internal.guard_read();
    if v_known.files = v_found.files and (v_known.system_identifier, v_known.timeline, v_known.database_oid)
        is not distinct from (v_found.system_identifier, v_found.timeline, v_found.database_oid)
    then
        return null; -- as nearly always
    end if;
    v_problem := pydb_internal.guard_problem();
    if v_problem is null and v_known.files is not null then
        return null;
    elsif v_problem is not null and not coalesce(
        (v_known.allow_next or v_known.allow_until is not null)
        and coalesce(v_known.allow_until > clock_timestamp(), true), false
    ) then
        return v_problem;
    end if;
    -- one remembers it, and takes up what was allowed; a delete that lasts keeps nobody waiting for that
    if not pg_try_advisory_xact_lock(hashtextextended('pydb.guard_admit', 0)) then
        return null;
    end if;
    select g.* into v_known from pydb.guard_server as g for update; -- from whoever allows something just now
    v_problem := pydb_internal.guard_problem();
    if v_problem is not null and not coalesce(
        (v_known.allow_next or v_known.allow_until is not null)
        and coalesce(v_known.allow_until > clock_timestamp(), true), false
    ) then
        return v_problem;
    end if;
    perform pydb_internal.guard_remember(
        v_known.allow_next or coalesce(v_known.allow_until < clock_timestamp(), false)
    );
    if v_problem is not null then
        perform pydb_internal.audit_add('guard_admit', current_database(), jsonb_build_object(
            'problem', v_problem, 'allowed_by', v_known.allow_by, 'reason', v_known.allow_reason,
            'old', to_jsonb(v_known), 'new', to_jsonb(pydb_internal.guard_read())
        ), null);
    end if;
    return null;
end
$$;

comment on function pydb_internal.guard_admit() is
'Null where a run may delete: this is the database that was remembered, or the first one, or another that was allowed
beforehand; else what happened to it, in words.';

revoke all on function pydb_internal.guard_admit() from public;
