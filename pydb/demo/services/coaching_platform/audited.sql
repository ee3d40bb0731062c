select actor, action, status, privileged, count(*) as times
from coaching_telemetry.audit_event
group by actor, action, status, privileged;
