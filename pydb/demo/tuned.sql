select count(*) as runs from trading.model_runs as m where m.model = 'tuned'
