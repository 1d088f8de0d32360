# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# What is needed from the distribution, by purpose. Names are those of Debian 12 and Ubuntu 24.04.

# To build: GRDB links the system's SQLite, ApusPostgres libpq, which pkg-config finds.
build_packages=(git libsqlite3-dev libpq-dev pkg-config)

# To test: promtool (in prometheus) judges /metrics, curl drives the smoke test, openssl makes certificates and tokens,
# the tests start PostgreSQL servers of their own.
test_packages=(curl prometheus openssl postgresql)
