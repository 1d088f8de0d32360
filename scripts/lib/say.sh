# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What a person reads while a script works: progress and errors, on standard error.

say() { printf '%s\n' "$@" >&2; }

# fail STATUS LINE…: what went wrong and what to do, then the end.
fail() {
    local status=$1
    shift
    printf '%s\n' "$@" >&2
    exit "$status"
}

# usage: the comment block below the licence line of the calling script, which is its help.
usage() { sed -n '3,/^[^#]/{/^#/!d;s/^# \{0,1\}//;p}' "$0"; }
