#!/usr/bin/env bash
# scripts/test in a clean Debian root: `scripts/test --debian SUITE`. Usage: debian.sh SUITE [CTEST ARGUMENTS…]
#
# The root stays in build/roots/SUITE, so that a second run compiles only what changed; remove it to start anew. The
# sources are what git knows and what is new in the working tree.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
suite=$1
shift
need_root
need debootstrap unshare git
root=$roots/$suite
if [ ! -x "$root/bin/sh" ]; then
    step "a clean $suite"
    make_root "$suite" "$root"
fi
cp /etc/resolv.conf "$root/etc/resolv.conf"

step "sources"
mkdir -p "$root/source"
# Unchanged files keep their time: what is compiled stays.
(cd "$source_dir" && git ls-files -co --exclude-standard | while IFS= read -r f; do [ -e "$f" ] && printf '%s\n' "$f"; done) >"$work/files"
(cd "$source_dir" && tar -T "$work/files" -cf -) | tar -C "$root/source" -xf -
(cd "$root/source" && find . -path ./build -prune -o -type f -printf '%P\n' | sort) >"$work/there"
sort "$work/files" | comm -13 - "$work/there" | (cd "$root/source" && xargs -r -d '\n' rm -f)

step "scripts/test in $suite"
in_root "$root" env TMPDIR=/tmp USER=root PIP_NO_INDEX=1 /source/scripts/test -- "$@"
