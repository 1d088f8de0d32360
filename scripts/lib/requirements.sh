# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# What is needed from the distribution, by purpose. Names are those of Debian 12 and Ubuntu 24.04.

# To build: GRDB links the system's SQLite.
build_packages=(git libsqlite3-dev)

# To test: promtool (in prometheus) judges /metrics, curl drives the smoke test, openssl makes certificates and tokens.
test_packages=(curl prometheus openssl)
