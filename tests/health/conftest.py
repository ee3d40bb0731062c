"""Makes the fixtures of the schedule domain available: doctor mostly speaks about schedules."""

from tests.schedule.conftest import cron_site, far_site, site

__all__ = ["cron_site", "far_site", "site"]
