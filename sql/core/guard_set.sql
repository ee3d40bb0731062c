-- pydb.guard_set: what a change of its tables does to a policy or an entity, and whether a policy waits for approval;
-- audited.
-- reads and writes pydb.guard_subject   writes pydb.audit_log   locks its row
-- raises YD001 YD002 YD007
create or replace function pydb.guard_set(
    p_kind text,
    p_name text,
    p_schema_drift text default null,
    p_approval text default null
)
returns pydb.guard_subject
language plpgsql
security definer -- the table is writable to nobody else; EXECUTE is the right
set search_path = pg_catalog, pg_temp
as $$
declare
    v_old pydb.guard_subject;
    v_new pydb.guard_subject;
    v_strict constant text[] := array['off', 'own', 'other'];
    v_kept text;
begin
    perform pydb_internal.run_check_read_write();
    if p_schema_drift <> all(array['off', 'warn', 'hold']) or p_approval <> all(v_strict)
        or (p_kind <> 'policy' and p_approval is not null)
    then
        raise exception using errcode = 'YD001',
            message = format('%s %s cannot be guarded like that', p_kind, p_name),
            detail = 'p_schema_drift is off, warn or hold; p_approval, of policies alone, off, own or other.',
            hint = format('select pydb.guard_set(%L, %L, p_schema_drift => ''hold'');', p_kind, p_name);
    end if;
    select s.* into v_old from pydb.guard_subject as s where s.kind = p_kind and s.name = p_name for update;
    if not found then
        raise exception using errcode = 'YD002', message = format('unknown %s %L', p_kind, p_name),
            detail = 'A policy or an entity is guarded once it was set.',
            hint = 'select kind, name from pydb.guard_subject;';
    end if;
    v_kept := v_strict[greatest(array_position(v_strict, v_old.kept_approval),
        coalesce(array_position(v_strict, v_old.approval), 1))];
    update pydb.guard_subject as s
    set schema_drift = p_schema_drift, approval = p_approval,
        -- who lowers it waits for what it asked for until now, and for another than himself
        kept_approval = v_kept,
        approved_version = case
            when array_position(v_strict, coalesce(p_approval, 'off')) >= array_position(v_strict, v_kept)
                then s.approved_version
        end,
        lowered_role = case
            when array_position(v_strict, coalesce(p_approval, 'off')) >= array_position(v_strict, v_kept)
                then s.lowered_role else (select r.oid from pg_roles as r where r.rolname = session_user)
        end
    where s.kind = p_kind and s.name = p_name
    returning s.* into v_new;
    perform pydb_internal.audit_add('guard_set', format('%s %s', p_kind, p_name), jsonb_build_object(
        'old', to_jsonb(v_old) - 'shape', 'new', to_jsonb(v_new) - 'shape'
    ), null);
    return v_new;
end
$$;

comment on function pydb.guard_set(text, text, text, text) is
'Guards a policy or an entity (p_kind) and returns its row. p_schema_drift: what happens where columns, keys,
references, triggers or rules of its tables changed since it was set or approved: off, warn or hold (null: as the
setting schema_drift). p_approval: the first run of the policy, and the first after each change, waits for nobody (off),
for a word (own) or for that of another login role than set it (other); null: as the setting policy_approval, which can
ask for more. What is lowered holds until the policy was approved once more, by another than who lowered it.';

revoke all on function pydb.guard_set(text, text, text, text) from public;
