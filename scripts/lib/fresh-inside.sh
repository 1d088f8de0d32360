#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The part of scripts/fresh that runs in the clean root file system: run.sh check|all
set -euo pipefail
cd /src/apus
url=http://127.0.0.1:8080
times=()

# timed NAME COMMAND…: runs it and keeps its wall time.
timed() {
    local name=$1 start=$SECONDS
    shift
    printf '\n== %s\n' "$name"
    "$@"
    times+=("$(printf '%-28s %5d s' "$name" $((SECONDS - start)))")
}

# start_shop: returns when `ready …` is printed; the shop runs on as $shop.
start_shop() {
    : >/tmp/up.out
    scripts/up >/tmp/up.out </dev/null &
    shop=$!
    until grep -q "^ready $url" /tmp/up.out; do
        kill -0 "$shop" 2>/dev/null || { cat /tmp/up.out; echo "scripts/up ended"; exit 1; }
        sleep 0.1
    done
}

stop_shop() {
    kill -TERM "$shop"
    wait "$shop" || { echo "scripts/up ended with status $?"; exit 1; }
}

timed "swift --version" swift --version
timed "swift package resolve" swift package resolve
if [ "$1" = check ]; then
    printf '\n%s\n' "${times[@]}"
    exit
fi
rm -rf .build
timed "scripts/up from nothing" start_shop
timed "scripts/smoke" scripts/smoke "$url"
timed "SIGTERM to the end" stop_shop
timed "scripts/up again" start_shop
timed "scripts/smoke again" scripts/smoke "$url"
timed "SIGTERM to the end again" stop_shop
timed "scripts/test" scripts/test
printf '\n%s\n' "${times[@]}"
