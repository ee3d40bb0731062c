select p.relname as name, pt.partstrat = 'r' as by_time, r.action, r.keep::text as keep
from pg_catalog.pg_partitioned_table as pt
inner join pg_catalog.pg_class as p on p.oid = pt.partrelid
inner join pydb.retention_policy as r on r.target = p.oid
where p.relnamespace = 'coaching_telemetry'::regnamespace
order by p.relname;
