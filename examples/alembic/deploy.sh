#!/bin/sh
# What every deployment runs before the new program starts. A step with nothing to do changes nothing.
set -eu
cd -- "$(dirname -- "$0")"

pydb migrate up                    # first: revisions of the shop call routines of pydb
alembic upgrade head
pydb policy apply policies.toml    # last: a policy is checked against the table as it is now
