#!/usr/bin/env bash
# docker/Dockerfile, executed without an engine and without a registry: its base is a clean Debian root, its steps run in
# chroots. Then the image does what its compose file wants of it. Usage: image.sh BUILD
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need_root
need buildah debootstrap unshare
builder() { buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run" "$@"; }

step "base"
make_root bookworm "$work/base"
rm -f "$work/base/usr/sbin/policy-rc.d"
container=$(builder from scratch)
builder add -q "$container" "$work/base" / >/dev/null
builder commit -q "$container" localhost/debian:clean >/dev/null
builder rm "$container" >/dev/null
rm -rf --one-file-system "$work/base"

step "context"
context=$work/context
mkdir "$context"
(cd "$source_dir" && git ls-files -co --exclude-standard -z | while IFS= read -r -d '' f; do [ -e "$f" ] && printf '%s\0' "$f"; done |
    tar --null -T - -cf -) | tar -C "$context" -xf -
build() { # TARGET
    builder bud --isolation chroot --format docker --pull-never --ignorefile "$context/.dockerignore" \
        --build-arg BASE=localhost/debian:clean --target "$1" -t "$1" -f "$context/docker/Dockerfile" "$context" \
        >"$work/build-$1.log" 2>&1 || { tail -n 40 "$work/build-$1.log" >&2; fail "building $1"; }
}
step "strategy"
build strategy
step "tickgate (compiles: this takes long)"
build tickgate
rm -rf --one-file-system "$context"

step "what the image says of itself"
told() { builder inspect --type image --format "$1" tickgate; }
equal User "$(told '{{.OCIv1.Config.User}}')" 10001:10001
contains Entrypoint "$(told '{{.OCIv1.Config.Entrypoint}}')" /usr/bin/tickgate
contains Healthcheck "$(told '{{.Docker.Config.Healthcheck}}')" tickgate

step "what it does"
container=$(builder from --pull-never localhost/tickgate)
run() { builder run --isolation chroot "$container" -- "$@"; }
run tickgate --version
equal "user" "$(run id -u)" 10001
run tickgate check-config
contains "libraries" "$(run ldd /usr/bin/tickgate)" libsimdjson
! run ldd /usr/bin/tickgate | grep 'not found' || fail "a library is missing"
run sh -c 'echo x >/var/lib/tickgate/x && rm /var/lib/tickgate/x' || fail "its history cannot be written"
! run sh -c 'echo x >/usr/x' 2>/dev/null || fail "the user may write to /usr"
! run sh -c 'command -v g++ cmake' || fail "the compiler is in the image"
# The daemon that nobody answers is not healthy, and says so by its exit code.
! run tickgate feeds >/dev/null 2>&1 || fail "HEALTHCHECK is content without a daemon"

step "profile demo shows quotes"
need redis-server redis-cli curl ip
unshare --net --mount --pid --fork --kill-child --mount-proc "$(dirname "$0")/image_demo.sh" "$work" "$source_dir" || fail "demo"
echo "all steps passed"
