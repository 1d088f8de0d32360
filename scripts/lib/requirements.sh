# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# What is needed from the distribution, by purpose. Names are those of Debian 12 and Ubuntu 24.04.

# To build: GRDB links the system's SQLite, ApusPostgres libpq, ApusRedis hiredis and ApusNATS libnats, which
# pkg-config finds.
build_packages=(git libhiredis-dev libnats-dev libpq-dev libsqlite3-dev pkg-config)

# To test: promtool (in prometheus) judges /metrics, curl drives the smoke test, openssl makes certificates and tokens,
# the tests start PostgreSQL, Redis and NATS servers of their own, scripts/chaos is Python.
test_packages=(curl nats-server openssl postgresql prometheus python3 redis-server)

# To measure: the servers behind data and user-service, and what their Go peers are made with.
store_packages=(nats-server postgresql redis-server redis-tools util-linux)
go_packages=(golang-github-gomodule-redigo-dev golang-github-jackc-pgx-v4-dev golang-github-lib-pq-dev
    golang-go.uber-zap-dev)
