-- The newest run of each policy of the controller that has ended well.
select distinct on (r.subject) r.subject, r.cutoff, r.rows_done
from pydb.job_run as r
where r.kind = 'retention' and r.state = 'completed' and not r.dry_run and r.id > %(since)s
    and r.subject in ('raw_events', 'features', 'decisions')
order by r.subject, r.id desc;
