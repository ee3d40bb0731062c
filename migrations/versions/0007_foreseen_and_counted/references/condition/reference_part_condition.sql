-- pydb_internal.reference_part_condition (condition; by orphan_check): a filter that names a part of the child of a
-- reference, as text that may be put into SQL.
-- reads the catalog, the first rows of the table   writes nothing   locks nothing above a select
-- raises YD103
create or replace function pydb_internal.reference_part_condition(p_relation regclass, p_filter text)
returns text
language sql
set search_path = pg_catalog, pg_temp
as $$
    select pydb_internal.filter_check(p_relation, p_filter);
$$;

comment on function pydb_internal.reference_part_condition(regclass, text) is
'The filter as the server understands it, or YD103: by the rules of the filter of a policy.';

revoke all on function pydb_internal.reference_part_condition(regclass, text) from public;
