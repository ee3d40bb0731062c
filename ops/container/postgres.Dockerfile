# PostgreSQL with pg_cron: docker build -f ops/container/postgres.Dockerfile -t pydb-postgres ops/container
FROM postgres:17-bookworm
# the version that belongs to the server of the base image, whichever that is
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-17-cron \
    && rm -rf /var/lib/apt/lists/*
# CMD of the base image is postgres; these are its arguments
CMD ["postgres", "-c", "shared_preload_libraries=pg_cron", "-c", "cron.database_name=app", "-c", "cron.host=/var/run/postgresql"]
