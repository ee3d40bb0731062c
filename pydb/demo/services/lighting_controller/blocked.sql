select sqlstate from pydb.job_run where subject = 'decisions' and state = 'blocked' order by id desc limit 1;
