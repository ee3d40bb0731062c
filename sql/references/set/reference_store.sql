-- pydb_internal.reference_store (set; by reference_set): write a checked logical reference, under the role that set it;
-- no change, no trace.
-- reads the catalog, reads and writes pydb.reference, pydb_internal.draft
-- writes pydb.audit_log, pydb_internal.reference_gate   locks the reference's row
-- raises YD005 YD301; warns YD103
create or replace function pydb_internal.reference_store(p_draft bigint)
returns pydb.reference
language plpgsql
security definer -- the table is writable through this function alone
set search_path = pg_catalog, pg_temp
as $$
declare
    v_draft constant pydb_internal.draft := pydb_internal.draft_take('reference', p_draft);
    v_old pydb.reference;
    v_new pydb.reference := jsonb_populate_record(null::pydb.reference, v_draft.content -> 'reference');
    v_pairs constant text[] := pydb_internal.reference_pairs(v_new.child_columns, v_new.parent_columns);
    v_twin text;
    v_problem text;
begin
    -- two at once: the second waits, and sees the first
    perform pg_advisory_xact_lock(hashtextextended('pydb.reference', 0));
    select r.* into v_old from pydb.reference as r where r.name = v_new.name for update;
    select r.name into v_twin
    from pydb.reference as r
    where r.child = v_new.child and r.parent = v_new.parent and r.name <> v_new.name
        and pydb_internal.reference_pairs(r.child_columns, r.parent_columns) = v_pairs;
    if v_twin is null then
        select e.reference into v_twin
        from pydb_internal.reference_edges(v_new.parent) as e
        where e.kind = 'declared' and e.child = v_new.child and e.parent = v_new.parent
            and pydb_internal.reference_pairs(e.child_columns, e.parent_columns) = v_pairs
        limit 1;
    end if;
    v_problem := case
        when v_twin is not null then format('%s already references these columns.', v_twin)
        when exists (select 1 from pydb_internal.reference_by_name(v_new.name) as n where n.kind = 'declared')
            then 'A foreign key has this name.'
        -- a name that nobody chose must not replace another reference in silence
        when not (v_draft.content ->> 'is_named')::boolean and pydb_internal.reference_problem(v_old) is null
            and (v_old.child, v_old.parent, pydb_internal.reference_pairs(v_old.child_columns, v_old.parent_columns))
            <> (v_new.child, v_new.parent, v_pairs)
            then format('It is the name of another one: %s (%s) to %s (%s).', v_old.child_name,
                array_to_string(v_old.child_columns, ', '), v_old.parent_name,
                array_to_string(v_old.parent_columns, ', '))
    end;
    if v_problem is not null then
        raise exception using errcode = 'YD301', message = format('no reference %s', v_new.name), detail = v_problem,
            hint = case
                when v_twin is null then 'Give it another p_name, or this one to replace the other.'
                else 'pydb reference list; to choose another action for a foreign key: pydb entity set.'
            end;
    end if;
    v_new.author := v_draft.author;
    v_new.author_role := v_draft.author_role;
    v_new.created_at := coalesce(v_old.created_at, now());
    v_new.updated_at := coalesce(v_old.updated_at, now());
    v_problem := pydb_internal.reference_moved_problem(v_old);
    if v_problem is not null then
        raise warning using errcode = 'YD103', message = format('reference %s was about another column: %s', v_new.name,
                v_problem),
            detail = 'From now on it is about the columns that have these names now.',
            hint = 'select * from pydb.reference_list;';
    elsif v_old.name is not null then
        v_old.columns_seen := v_new.columns_seen; -- the same ones, by other numbers after a restore from a dump
    end if;
    if v_new is not distinct from v_old then
        update pydb.reference as r set columns_seen = v_new.columns_seen
        where r.name = v_new.name and r.columns_seen is distinct from v_new.columns_seen;
        return v_old;
    end if;
    v_new.updated_at := now();
    delete from pydb.reference as r where r.name = v_new.name;
    insert into pydb.reference select v_new.*;
    update pydb_internal.reference_gate as g set changes = g.changes + 1;
    perform pydb_internal.audit_add(
        'reference_set', v_new.name, jsonb_build_object('old', to_jsonb(v_old), 'new', to_jsonb(v_new)), null
    );
    return v_new;
end
$$;

comment on function pydb_internal.reference_store(bigint) is
'Stores a reference whose draft was checked in this transaction. YD301 if another one, declared or logical, is the same,
or if the name is that of another and was not chosen.';

revoke all on function pydb_internal.reference_store(bigint) from public;
