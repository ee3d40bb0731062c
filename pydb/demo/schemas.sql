-- Which of the example's schemas are there already.
select n.nspname::text as schema_name
from pg_catalog.pg_namespace as n
where n.nspname in ('telemetry', 'trading')
order by n.nspname;
