#!/usr/bin/env bash
# A new user in a clean Debian 12 with nothing but the README: each of its commands as it stands there, then those of the
# quickstart, under a real systemd in a container without a network. Usage: walk.sh BUILD
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need_root
need debootstrap systemd-nspawn
package=$(package_of "$1")
root=$work/root
make_root "${TICKGATE_SUITE:-bookworm}" "$root"
rm -f "$root/usr/sbin/policy-rc.d"

step "a machine with systemd, as a fresh Debian has it, and what the walk itself needs"
echo clean >"$root/etc/hostname"
echo "127.0.1.1 clean" >>"$root/etc/hosts"
# The walk answers no questions, and gets no packages but those fetched before.
printf 'APT::Get::Assume-Yes "true";\nAPT::Install-Recommends "false";\n' >"$root/etc/apt/apt.conf.d/walk"
apt_in "$root" update
apt_in "$root" install systemd systemd-sysv dbus sudo libpam-systemd procps python3
home=$root/home/new
mkdir -p "$home/source/docs" "$home/source/tests/docs" "$home/source/tests/packages"
name=tickgate_$(dpkg-deb -f "$package" Version)_$(dpkg-deb -f "$package" Architecture).deb
cp "$package" "$home/$name"
cp "$source_dir/README.md" "$home/source/"
cp "$source_dir/docs/quickstart.md" "$home/source/docs/"
cp "$source_dir/tests/docs/run_blocks.py" "$home/source/tests/docs/"
cp -r "$source_dir"/tests/{packages,integration} "$home/source/tests/"
# The lines that install need a mirror, so their packages are fetched now; the walk has no network but its own loopback.
named=$(cat "$source_dir/README.md" "$source_dir/docs/quickstart.md" | grep '^sudo apt install' | tr ' ' '\n' |
    grep -vE '^(sudo|apt|install)$|\.deb$' | sort -u)
[ -n "$named" ] || fail "README.md has no line that begins with: sudo apt install"
# shellcheck disable=SC2086
apt_in "$root" install --download-only $named "/home/new/$name"

cat >"$root/etc/systemd/system/walk.service" <<'UNIT'
[Unit]
Description=The walk of a new user
After=multi-user.target
[Service]
Type=oneshot
WorkingDirectory=/home/new
Environment=HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
ExecStart=/usr/bin/python3 -u /home/new/source/tests/packages/walk_inside.py
StandardOutput=file:/home/new/log
StandardError=inherit
TimeoutStartSec=900
ExecStopPost=/bin/systemctl --force --force poweroff
UNIT
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -sf /etc/systemd/system/walk.service "$root/etc/systemd/system/multi-user.target.wants/walk.service"

step "boot and walk"
systemd-nspawn -q -D "$root" -b --register=no --keep-unit --private-network --console=pipe </dev/null \
    >"$work/boot.log" 2>&1 || true
[ -f "$root/home/new/log" ] || { tail -n 40 "$work/boot.log" >&2; fail "the machine did not come up"; }
cat "$root/home/new/log"
grep -qx 'the walk is over' "$root/home/new/log" || fail "the walk did not reach its end"
