# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# HTTP exchanges with curl and what is expected of them, step by step. Needs say.sh, `url` and `curl_options`.
# An exchange leaves: status, and the answer's head and body in $folder/head and $folder/body.

begin_exchanges() {
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    steps=0 current="" request=""
}

end_exchanges() {
    say "ok    $current"
    printf '%s steps passed against %s\n' "$steps" "$url"
}

# step NAME: what follows belongs to it; the one before has passed.
step() {
    [ -z "$current" ] || say "ok    $current"
    current=$1
    steps=$((steps + 1))
}

# send METHOD PATH [curl option …]
send() {
    local method=$1 path=$2
    shift 2
    request="$method $url$path"
    : >"$folder/head" && : >"$folder/body"
    status=$(curl -sS -X "$method" --max-time 15 -D "$folder/head" -o "$folder/body" -w '%{http_code}' \
        ${curl_options[@]+"${curl_options[@]}"} "$@" "$url$path" 2>"$folder/error") || {
        status=000
        cat "$folder/error" >>"$folder/body"
    }
}

# post PATH JSON [curl option …], patch PATH JSON [curl option …]
post() { _send_json POST "$@"; }
patch() { _send_json PATCH "$@"; }

_send_json() {
    local method=$1 path=$2 json=$3
    shift 3
    send "$method" "$path" -H 'Content-Type: application/json' --data-binary "$json" "$@"
    request+=$'\n'"$json"
}

# until_status STATUS SECONDS METHOD PATH, until_body PATTERN SECONDS METHOD PATH: repeats the request until it fits.
until_status() { _until "status $1" "$2" "$3" "$4" has_status "$1"; }
until_body() { _until "a body with $1" "$2" "$3" "$4" body_has "$1"; }

_until() {
    local what=$1 deadline=$((SECONDS + $2)) method=$3 path=$4
    shift 4
    while send "$method" "$path" && ! "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || _wrong "$what in time"
        sleep 0.1
    done
}

# expect WHAT COMMAND…: ends the run unless the command succeeds.
expect() {
    local what=$1
    shift
    "$@" || _wrong "$what"
}

has_status() { [ "$status" = "$1" ]; }

expect_status() { expect "status $1" has_status "$1"; }

# expect_problem STATUS: the status, as RFC 9457 has it.
expect_problem() {
    expect_status "$1"
    expect "Content-Type: application/problem+json" header_has content-type '^application/problem+json'
    expect "the status in the body" body_has "\"status\" *: *$1\\b"
}

# field NAME: the first value of that name in the body, without quotes.
field() {
    { grep -oE "\"$1\" *: *(\"[^\"]*\"|[^],}]*)" "$folder/body" || true; } |
        head -n 1 | sed -E 's/^"[^"]*" *: *//; s/^"(.*)"$/\1/; s/ *$//'
}

# header NAME: its value, empty if it is missing.
header() { tr -d '\r' <"$folder/head" | sed -n "s/^$1: *//Ip" | head -n 1; }

header_has() { header "$1" | grep -q -- "$2"; }

# body_has PATTERN…: whether each occurs.
body_has() {
    local pattern
    for pattern in "$@"; do
        grep -q -- "$pattern" "$folder/body" || return 1
    done
}

count_of() { { grep -o -- "$1" "$folder/body" || true; } | wc -l; }

_wrong() {
    say "FAIL  $current" "      expected $1" "" "$request" ""
    cat "$folder/head" "$folder/body" >&2
    say ""
    exit 1
}
