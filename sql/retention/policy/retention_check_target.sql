-- pydb_internal.retention_check_target (policy; by retention_chunk_check): refuse what is not an ordinary or
-- partitioned table with rows of its own.
-- reads the catalog   writes nothing   locks nothing
-- raises YD003 YD106
create or replace function pydb_internal.retention_check_target(p_relation regclass, p_builtin boolean default false)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name text := pydb_internal.relation_name(p_relation);
    v_problem text;
begin
    if not exists (select from pg_class as c where c.oid = p_relation) then
        raise exception using errcode = 'YD106', message = format('relation %s does not exist', p_relation::oid),
            detail = 'It was dropped; a new table of the same name is another table.',
            hint = 'Set the policy again with the table that it should act on.';
    end if;
    v_problem := 'it is ' || pydb_internal.relation_problem(p_relation, p_builtin);
    if v_problem is not null then
        raise exception using errcode = 'YD003', message = format('no retention policy for %s', v_name),
            detail = format('%s cannot be pruned: %s.', v_name, v_problem),
            hint = case when pydb_internal.relation_is_hypertable(p_relation) then format(
                'select drop_chunks(%L, older_than => interval ''30 days''); -- what show_chunks shows with the same'
                ' arguments; TimescaleDB can schedule it: add_retention_policy', v_name
            ) else 'A policy acts on an ordinary or a partitioned table.' end;
    end if;
end
$$;

comment on function pydb_internal.retention_check_target(regclass, boolean) is
'Raises YD003 unless the relation is an ordinary or partitioned table that holds its own rows.';

revoke all on function pydb_internal.retention_check_target(regclass, boolean) from public;
