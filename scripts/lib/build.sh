# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Builds everything, unless it is built already. Runs at the root. Needs say.sh, packages.sh, toolchain.sh,
# requirements.sh and stamp.sh.

# build_current CONFIGURATION: debug or release.
build_current() {
    local configuration=$1 duration="5 to 12 minutes" sources
    if [ "$configuration" = release ]; then duration="10 to 20 minutes"; fi
    command -v swift >/dev/null || need_swift
    sources=$(sources_fingerprint)
    if is_current "$configuration" "$sources"; then return; fi
    need_swift
    # shellcheck disable=SC2154 # requirements.sh
    need_packages "the build" "${build_packages[@]}"
    if [ ! -x ".build/$configuration/apus" ]; then
        say "Building from nothing takes $duration on two CPUs; later starts take seconds."
    fi
    if [ "$configuration" = release ]; then build_release </dev/null >&2; else swift build </dev/null >&2; fi
    write_stamp "$configuration" "$sources"
}
