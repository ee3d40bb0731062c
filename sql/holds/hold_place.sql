-- pydb.hold_place: hold rows, with what hangs on them and what they need: nothing of pydb deletes them; audited.
-- reads the catalog   writes pydb.hold, pydb.audit_log   locks the gate of holds until the caller commits
-- raises YD001 YD003 YD004 YD005 YD007 YD103 YD701 YD702 YD705
create or replace function pydb.hold_place(
    p_name text,
    p_table regclass,
    p_keys jsonb default null,
    p_filter text default null,
    p_tenant jsonb default null,
    p_reason text default null,
    p_until timestamptz default null,
    p_tables regclass[] default null
)
returns pydb.hold
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    -- by number: the name of a table in a schema that he may not use could not be read back
    return pydb_internal.hold_store(pydb_internal.draft_add('hold', jsonb_build_object(
        'name', p_name, 'relation', p_table::oid, 'keys', p_keys, 'filter', p_filter, 'tenant', p_tenant,
        'reason', p_reason, 'until', p_until, 'tables', to_jsonb(p_tables::oid[])
    )));
end
$$;

comment on function pydb.hold_place(text, regclass, jsonb, text, jsonb, text, timestamptz, regclass[]) is
'Holds rows against everything in pydb that deletes: all of a table; those with p_keys ([{"id": 42}]); those that meet
p_filter (one boolean expression over the table); or those of a tenant ({"tenant_id": 7}: of the table, of p_tables, or,
with p_table null, of every table that has the column). Rows that hang on them through references are held too, those
that come later among them, and so are rows that they need. It waits for the batches that are at work, and returns when
none of them can delete a held row any more; commit it soon, for deletes wait for that. p_reason is needed. p_until: it
ends by itself then, by the clock of the server.';

revoke all on function pydb.hold_place(text, regclass, jsonb, text, jsonb, text, timestamptz, regclass[]) from public;
