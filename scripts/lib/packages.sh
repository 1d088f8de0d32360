# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Installs what is missing from the distribution (Debian, Ubuntu). Needs say.sh.

# need_packages WHAT_FOR PACKAGE…: returns when all are installed, or ends with the line that installs them.
need_packages() {
    local purpose=$1 package missing=()
    shift
    if ! command -v dpkg-query >/dev/null; then
        say "This isn't Debian or Ubuntu: $purpose needs what they call $*."
        return
    fi
    for package in "$@"; do
        _is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "Installing for $purpose: ${missing[*]}"
    if [ "$(id -u)" -eq 0 ]; then
        _apt_install "${missing[@]}"
    elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        _apt_install "${missing[@]}"
    else
        fail 1 "$purpose needs packages that aren't installed, and this user may not install them. Run as root:" \
            "    apt-get update && apt-get install -y ${missing[*]}"
    fi
}

_is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

_apt_install() {
    local log
    log=$(mktemp)
    # The first try uses the package lists as they are; they may be missing or old.
    if ! _apt install -y --no-install-recommends "$@" >"$log" 2>&1 &&
        ! { _apt update && _apt install -y --no-install-recommends "$@"; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        fail 1 "Could not install $*. What apt-get said is above."
    fi
    rm -f "$log"
}

# Installs without starting the servers that a package brings: the scripts start their own, on ports of their own.
_apt() {
    # shellcheck disable=SC2016 # the inner shell expands these
    local inner='
        guard=/usr/sbin/policy-rc.d
        if [ ! -e "$guard" ]; then
            trap "rm -f $guard" EXIT
            printf "#!/bin/sh\nexit 101\n" >"$guard" && chmod 755 "$guard"
        fi
        DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 "$@"'
    if [ "$(id -u)" -eq 0 ]; then
        sh -c "$inner" apt "$@" </dev/null
    else
        sudo sh -c "$inner" apt "$@"
    fi
}
