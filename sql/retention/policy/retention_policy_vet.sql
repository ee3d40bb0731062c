-- pydb_internal.retention_policy_vet (policy; by retention_policy_set): hook of drafts: check a policy as whoever sets
-- it, and complete it.
-- reads the target   writes nothing   locks nothing above a select
-- raises 42501 55P03 YD001 YD003 YD004 YD005 YD006 YD015 YD101 YD102 YD103 YD108 YD109 YD113 YD118 YD120 YD121 YD122
-- YD501 YD601 YD822
create or replace function pydb_internal.retention_policy_vet(p_draft jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_new pydb.retention_policy := jsonb_populate_record(null::pydb.retention_policy, p_draft -> 'policy');
    v_allow_short constant boolean := (p_draft ->> 'allow_short')::boolean;
    v_builtin boolean;
begin
    if v_new.name is null or v_new.name = '' or octet_length(v_new.name) > 63 then
        raise exception using errcode = 'YD006', message = format('%L cannot be the name of a policy', v_new.name),
            detail = format('It has %s bytes; a name has 1 to 63.', coalesce(octet_length(v_new.name), 0)),
            hint = 'Choose a shorter name.';
    elsif v_new.name in ('.', '..') then
        raise exception using errcode = 'YD006', message = format('%L cannot be the name of a policy', v_new.name),
            detail = 'In an address it would be the page above.', hint = 'Choose another name.';
    elsif v_new.target is null then
        raise exception using errcode = 'YD004', message = format('policy %s names no table', v_new.name),
            detail = 'p_table is null.', hint = 'p_table => ''schema.table''';
    end if;
    v_builtin := pydb_internal.retention_builtin(v_new.name, v_new.target);
    v_new.builtin := v_builtin;
    v_new.partition := coalesce(v_new.partition, 'drop');
    perform pydb_internal.retention_chunk_check(v_new);
    if not v_builtin then -- who runs it needs the rights; who decides about pydb's own tables need not
        perform pydb_internal.retention_check_rights(v_new.target);
    end if;
    perform pydb_internal.retention_enter(v_new);
    v_new.target_name := pydb_internal.relation_name(v_new.target);
    v_new.time_unit := pydb_internal.retention_time_unit(v_new.target, v_new.time_column, v_new.time_unit);
    -- a column called expires_at says for itself that it holds the end of a row's life
    v_new.expiry := coalesce(
        v_new.expiry, v_new.keep = interval '0' and v_new.time_column ~* '^(expir|valid_(un)?til|delete_after)'
    );
    v_new.archive := null; -- reserved
    perform pydb_internal.retention_check_keep(v_new, v_allow_short);
    perform pydb_internal.retention_check_new_rules(v_new, v_allow_short);
    perform pydb_internal.retention_check_terms(v_new);
    perform pydb_internal.retention_check_limits(v_new);
    if 'archive' in (v_new.action, v_new.partition_first) and not v_builtin then
        perform pydb_internal.archive_check_table(v_new.target);
    end if;
    perform pydb_internal.retention_check_unit(v_new, clock_timestamp());
    if v_new.filter is not null then
        v_new.filter := pydb_internal.filter_check(v_new.target, v_new.filter);
    end if;
    if not v_builtin then
        perform pydb_internal.retention_check_values(v_new, clock_timestamp());
    end if;
    v_new := pydb_internal.retention_check_watermark(v_new);
    perform pydb_internal.retention_partition_check(v_new);
    if v_new.search_path is not null then
        perform pydb_internal.application_check_path(v_new.search_path, v_new.target);
    end if;
    if v_new.schedule is not null then
        perform pydb_internal.cron_check(v_new.schedule);
    end if;
    v_new.columns_seen := case when not v_builtin then pydb_internal.retention_seen(v_new) end;
    return jsonb_build_object(
        'policy', to_jsonb(v_new) || jsonb_build_object(
            'target', v_new.target::oid, 'watermark_table', v_new.watermark_table::oid,
            'keep_table', v_new.keep_table::oid
        ), 'allow_short', v_allow_short
    );
end
$$;

comment on function pydb_internal.retention_policy_vet(jsonb) is
'The draft of a policy with all that is derived (name of the table, time unit, filter as the server understood it);
raises whatever is wrong with it, or with the rights of the current role.';

revoke all on function pydb_internal.retention_policy_vet(jsonb) from public;
