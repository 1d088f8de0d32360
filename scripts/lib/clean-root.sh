# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A clean root file system to prove things in; used by scripts/fresh and scripts/image. Needs say.sh (all but
# enter_clean_root).

# mirror_of SUITE: where this machine's own apt takes that suite from.
mirror_of() {
    local found
    # shellcheck disable=SC2016 # apt expands these
    found=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
        awk -v suite="$1" '$2 == suite && $3 == "main" { print $1; exit }')
    [ -n "$found" ] || fail 1 "This machine's apt sources don't have $1: set FRESH_MIRROR"
    echo "$found"
}

# toolchain_folder: the folder above usr/bin/swift.
toolchain_folder() {
    local bin
    bin=$(dirname "$(readlink -f "$(command -v swift)")")
    [ "$bin" != /usr/bin ] || fail 1 "The toolchain is part of this system's /usr and can't be shown elsewhere"
    echo "${bin%/usr/bin}"
}

# make_bare_root FOLDER SUITE MIRROR [PACKAGE,…]: the base system with the packages named; finds names as this machine does.
make_bare_root() {
    debootstrap --variant=minbase ${4:+--include="$4"} "$2" "$1" "$3" >"$1.log" 2>&1 || {
        tail -n 20 "$1.log" >&2
        rm -f "$1.log"
        fail 1 "debootstrap failed"
    }
    rm -f "$1.log"
    chmod 755 "$1" # mktemp makes it 700: no user but root could live in it
    cp -L /etc/resolv.conf "$1/etc/"
}

# make_clean_root FOLDER SUITE MIRROR: the base system, git, and what swift.org's installation page asks for.
make_clean_root() {
    local packages=ca-certificates,git,binutils,gcc,g++,libc6-dev,libcurl4,libedit2,libncurses6,libpython3-dev
    packages+=,libxml2,pkg-config,tzdata,zlib1g-dev
    make_bare_root "$1" "$2" "$3" "$packages"
    cp -L /etc/hosts "$1/etc/"
    mkdir -p "$1/toolchain" "$1/src"
    if [ -n "${GIT_CONFIG_GLOBAL-}" ]; then cp -L "$GIT_CONFIG_GLOBAL" "$1/root/.gitconfig"; fi
}

# enter_clean_root FOLDER TOOLCHAIN GOAL: in mount and PID namespaces of its own.
enter_clean_root() {
    local folder=$1 shown
    mount --make-rprivate /
    mount --bind "$2" "$folder/toolchain"
    mount -o remount,bind,ro "$folder/toolchain"
    for shown in ${FRESH_BIND-}; do
        mkdir -p "$folder$shown"
        mount --bind "$shown" "$folder$shown"
        mount -o remount,bind,ro "$folder$shown"
    done
    mount -t proc proc "$folder/proc"
    mount --rbind /dev "$folder/dev"
    mount -t tmpfs tmpfs "$folder/tmp"
    exec env -i HOME=/root LANG=C.UTF-8 TERM="${TERM-dumb}" \
        ${http_proxy+http_proxy="$http_proxy"} ${https_proxy+https_proxy="$https_proxy"} \
        PATH=/toolchain/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        chroot "$folder" /run.sh "$3"
}
