# Sourced by the tests of packages: clean Debian roots, and what every test says and cleans up.
#
# TICKGATE_MIRROR  the Debian mirror; else the one this machine uses
# TICKGATE_ROOTS   where clean roots are kept between runs; else build/roots
# TICKGATE_PACKAGE the package to test; else it is made from the build given to the test

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
roots=${TICKGATE_ROOTS:-$source_dir/build/roots}
work=$(mktemp -d "${TMPDIR:-/tmp}/tickgate-package.XXXXXX")

cleanup() { rm -rf --one-file-system "$work"; }
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step() { printf '== %s\n' "$*"; }
fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}
# Code 77 is "skipped" for CTest.
skip() {
    printf 'skipped: %s\n' "$*"
    exit 77
}
need() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || skip "$program is not installed"
    done
}
need_root() { [ "$(id -u)" -eq 0 ] || skip "needs root"; }
equal() { # WHAT GOT WANTED
    [ "$2" = "$3" ] || fail "$1: got '$2', wanted '$3'"
}
contains() { # WHAT TEXT PART
    case $2 in
    *"$3"*) ;;
    *) fail "$1: no '$3' in: $2" ;;
    esac
}

# The mirror of this machine's own sources, one-line or deb822 form.
mirror() {
    if [ -n "${TICKGATE_MIRROR:-}" ]; then
        echo "$TICKGATE_MIRROR"
        return
    fi
    local found
    found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
        grep -E '^(deb |URIs:)' | grep -oE '[a-z+]+://[^ ]*/debian/?( |$)' | head -n 1 | tr -d ' ')
    echo "${found:-http://deb.debian.org/debian}"
}

# make_root SUITE FOLDER: a minimal Debian, with apt ready. Made once, then copied.
make_root() {
    local suite=$1 root=$2 kept=$roots/$1.tar
    if [ ! -f "$kept" ]; then
        need debootstrap
        mkdir -p "$roots"
        local fresh=$work/fresh-$suite
        debootstrap --variant=minbase "$suite" "$fresh" "$(mirror)" >"$work/debootstrap.log" 2>&1 || {
            tail -n 20 "$work/debootstrap.log" >&2
            fail "debootstrap $suite"
        }
        echo "deb $(mirror) $suite main" >"$fresh/etc/apt/sources.list"
        echo "127.0.0.1 localhost" >"$fresh/etc/hosts"
        printf '#!/bin/sh\nexit 101\n' >"$fresh/usr/sbin/policy-rc.d"
        chmod 755 "$fresh/usr/sbin/policy-rc.d"
        rm -f "$fresh"/var/cache/apt/archives/*.deb
        tar -C "$fresh" --one-file-system -cf "$kept.new" .
        mv "$kept.new" "$kept"
        rm -rf --one-file-system "$fresh"
    fi
    mkdir -p "$root"
    tar -C "$root" -xf "$kept"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
}

# in_root FOLDER COMMAND…: with a /proc and terminals of its own; what it leaves running is killed, what it mounts is
# gone.
in_root() {
    local root=$1
    shift
    # shellcheck disable=SC2016
    unshare --mount --pid --fork --kill-child --mount-proc="$root/proc" /bin/sh -ec '
            mkdir -p "$1/dev/pts"
            [ -e "$1/dev/ptmx" ] || : >"$1/dev/ptmx"
            mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts "$1/dev/pts"
            mount --bind "$1/dev/pts/ptmx" "$1/dev/ptmx"
            exec chroot "$@"' in_root "$root" \
        /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
        "$@" </dev/null
}
apt_in() { # ROOT ARGUMENTS…
    local root=$1
    shift
    in_root "$root" apt-get -q -y -o Dpkg::Use-Pty=0 --no-install-recommends "$@" >"$work/apt.log" 2>&1 || {
        tail -n 40 "$work/apt.log" >&2
        fail "apt-get $*"
    }
}

# package_of BUILD: the path of the package to test; the program of that build, packed, if none is given.
package_of() {
    if [ -n "${TICKGATE_PACKAGE:-}" ]; then
        echo "$TICKGATE_PACKAGE"
        return
    fi
    mkdir -p "$work/packed"
    (cd "$1" && cpack -G DEB -B "$work/packed" -D CPACK_OUTPUT_FILE_PREFIX="$work/packed" -D CPACK_THREADS=1 \
        -D CPACK_DEBIAN_COMPRESSION_TYPE=gzip) >"$work/cpack.log" 2>&1 || {
        tail -n 20 "$work/cpack.log" >&2
        fail "cpack"
    }
    ls "$work"/packed/*.deb
}

# repack PACKAGE VERSION COMMAND NEW: a copy with that version; COMMAND changes the unpacked tree, its $1.
repack() {
    local tree=$work/repack
    rm -rf "$tree"
    dpkg-deb -R "$1" "$tree"
    sed -i "s/^Version: .*/Version: $2/" "$tree/DEBIAN/control"
    bash -ec "$3" repack "$tree"
    (cd "$tree" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
    dpkg-deb --root-owner-group -Zgzip -b "$tree" "$4" >/dev/null
    rm -rf "$tree"
}
