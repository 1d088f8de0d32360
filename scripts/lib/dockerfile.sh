# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Reads the few instructions that the Dockerfile uses. Lines that end with a backslash go on in the next.

_dockerfile_lines() { sed -e ':again' -e '/\\$/N' -e 's/\\\n */ /' -e 'tagain' "$1" | sed -E '/^ *#/d'; }

# dockerfile_run FILE STAGE: the commands of the RUN instructions of that stage, one a line.
dockerfile_run() {
    _dockerfile_lines "$1" | awk -v wanted="$2" '
        $1 == "FROM" { stage++ }
        $1 == "RUN" && stage == wanted {
            sub(/^RUN +/, "")
            while (sub(/^--[^ ]+ +/, "")) {}
            print
        }'
}
