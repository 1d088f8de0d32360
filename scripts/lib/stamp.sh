# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Whether a build is still what its sources say, without asking SwiftPM (which takes seconds to find out). Runs at the
# root. The stamp holds identity, size and times (mtime and ctime, so that a file copied with an old date counts too)
# of every file outside .git, .build and .apus, of the toolchain, and of the executables built. Whatever differs, even
# in a file that no target has, means: let SwiftPM decide.

_stamp_file() { echo ".build/$1/.apus-up-stamp"; }

# sources_fingerprint: take it before the build, so that what is edited meanwhile is built next time.
sources_fingerprint() {
    {
        stat -Lc '%n %i %s %Y %Z' "$(command -v swift)"
        find . \( -path ./.git -o -path './.build*' -o -path ./.apus \) -prune -o ! -type d \
            -printf '%p %i %s %T@ %C@ %l\n' | LC_ALL=C sort
    } | sha256sum
}

_products_fingerprint() {
    {
        stat -c '%n %i %s %Y %Z' .build/workspace-state.json
        find -L ".build/$1" -maxdepth 1 -type f -perm -u+x -printf '%p %i %s %T@ %C@\n' | LC_ALL=C sort
    } 2>/dev/null | sha256sum
}

# is_current CONFIGURATION SOURCES_FINGERPRINT
is_current() {
    local stamp
    stamp=$(_stamp_file "$1")
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$2 $(_products_fingerprint "$1")" ]
}

# write_stamp CONFIGURATION SOURCES_FINGERPRINT: after a build that succeeded.
write_stamp() { printf '%s %s\n' "$2" "$(_products_fingerprint "$1")" >"$(_stamp_file "$1")"; }
