-- pydb.governor_set: change an indicator of the governor, or add one of your own; audited.
-- reads the catalog   writes pydb.governor_indicator, pydb.audit_log   locks the indicator's row
-- raises YD005 YD007 YD801
create or replace function pydb.governor_set(
    p_name text,
    p_function text default null,
    p_threshold double precision default null,
    p_back_off interval default null,
    p_patience interval default null,
    p_leaves_out text[] default null,
    p_expects text[] default null,
    p_enabled boolean default null
)
returns pydb.governor_indicator
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    return pydb_internal.governor_store(pydb_internal.draft_add('governor', jsonb_build_object(
        'name', p_name, 'function', p_function, 'threshold', p_threshold, 'back_off', p_back_off,
        'patience', p_patience, 'leaves_out', p_leaves_out, 'expects', p_expects, 'enabled', p_enabled
    )));
end
$$;

comment on function pydb.governor_set(text, text, float8, interval, interval, text[], text[], boolean) is
'Changes an indicator, or adds one, and returns its row; what is left out stays as it is. p_function: name of a function
that takes a regclass (the table; null = none) and returns pydb.governor_reading, as in app.queue_depth. Above half of
p_threshold runs go slower, above it they rest: for p_back_off at a time, for p_patience at most. p_leaves_out: standbys
and slots that do not count. p_expects: standbys without which it is unknown. Refused: YD801.';

revoke all on function pydb.governor_set(text, text, float8, interval, interval, text[], text[], boolean) from public;
