-- pydb_internal.reference_has_silent (graph): whether a reference points at one of some relations on which
-- PostgreSQL itself never acts.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_has_silent(p_relations oid[])
returns boolean
language plpgsql
stable
security definer -- see pydb_internal.reference_logical
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- the same question to the catalog at each batch
as $$
begin
    -- asked for every relation of every plan: by indexes only. A key depends on the columns that it references.
    if exists (select 1 from pydb.reference as r where r.parent::oid = any(p_relations)) then
        return true;
    elsif current_setting('server_version_num')::integer < 180000 then
        return false;
    end if;
    return exists (
        select 1
        from pg_catalog.pg_depend as d
        inner join pg_catalog.pg_constraint as k on k.oid = d.objid
        where d.classid = 'pg_catalog.pg_constraint'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
            and d.refobjid = any(p_relations) and k.contype = 'f' and k.confrelid = d.refobjid
            and (to_jsonb(k) ->> 'conenforced')::boolean is false
    );
end
$$;

comment on function pydb_internal.reference_has_silent(oid[]) is
'True if a logical reference (pydb.reference) or a NOT ENFORCED key points at one of the relations.';

revoke all on function pydb_internal.reference_has_silent(oid[]) from public;
