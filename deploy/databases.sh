#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs once, when PostgreSQL's folder is empty: a database for each service, owned by a role of its own that can reach no
# other. The passwords are read from files; SECRETS names another folder than Docker's.
set -eu
secrets=${SECRETS:-/run/secrets}
for name in users products orders; do
    # psql quotes the password itself (:'password'), whatever is in it.
    psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet -U "${POSTGRES_USER:-postgres}" -d postgres \
        -v name="$name" -v password="$(cat "$secrets/${name}_password")" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
