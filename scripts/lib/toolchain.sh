# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The Swift toolchain. Needs say.sh.

swift_wanted=6.3

# need_swift: ends with a clear error unless `swift` is there and new enough.
need_swift() {
    local output version
    command -v swift >/dev/null || fail 1 "swift isn't in PATH. Apus is built with Swift $swift_wanted or newer:" \
        "    https://www.swift.org/install"
    output=$(swift --version 2>&1) || fail 1 "$output" "swift itself doesn't run: its own requirements may be missing," \
        "see https://www.swift.org/install"
    version=$(sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' <<<"$output" | head -n 1)
    if [ "$(printf '%s\n%s\n' "$swift_wanted" "$version" | sort -V | head -n 1)" != "$swift_wanted" ]; then
        fail 1 "Swift $swift_wanted or newer is needed, $(command -v swift) is ${version:-of an unknown version}." \
            "    https://www.swift.org/install"
    fi
}

# build_release [argument …]: builds as the Dockerfile does, with the standard library linked in. What is measured is what
# is deployed, and the two ways of linking would build everything anew after each other.
build_release() {
    swift build -c release --static-swift-stdlib "$@"
}
