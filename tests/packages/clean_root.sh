#!/usr/bin/env bash
# The package in a clean Debian 12: installed, upgraded over an edited configuration, removed, purged.
# Usage: clean_root.sh BUILD
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need_root
need debootstrap unshare dpkg-deb
package=$(package_of "$1")
root=$work/root
make_root "${TICKGATE_SUITE:-bookworm}" "$root"

mode_of() { stat -c '%a %u:%g' "$root$1"; }
id_in_root() { awk -F: -v name="$1" '$1 == name { print $3 }' "$root/etc/$2"; }
status_of() { in_root "$root" dpkg-query -W -f='${db:Status-Status}' tickgate 2>/dev/null || true; }
# All names but what installing anything leaves: caches, logs, dpkg's and systemd's own books, backups of accounts.
names() {
    (cd "$root" && find . -xdev \( -path ./proc -o -path ./var/cache -o -path ./var/log -o -path ./var/lib/apt \
        -o -path ./var/lib/dpkg -o -path ./etc/.pwd.lock -o -name 'passwd-' -o -name 'group-' -o -name 'shadow-' \
        -o -name 'gshadow-' \) -prune -o -print | sort)
}

version=$(dpkg-deb -f "$package" Version)
# Older versions had other defaults.
repack "$package" "0.0.1-1" 'sed -i "s/linger: 60s/linger: 45s/" "$1/etc/tickgate/tickgate.yaml"; echo "# old" >>"$1/etc/default/tickgate"' \
    "$root/old.deb"
repack "$package" "$version.1" 'sed -i "s/linger: 60s/linger: 90s/" "$1/etc/tickgate/tickgate.yaml"' "$root/newer.deb"
cp "$package" "$root/tickgate.deb"
apt_in "$root" update
# What the package needs is there first, so that the list of names before and after shows its own alone.
apt_in "$root" satisfy "$(dpkg-deb -f "$package" Depends | sed 's/systemd |[^,]*/systemd/')"
names >"$work/before"

step "install"
apt_in "$root" install /old.deb
account=$(id_in_root tickgate passwd) group=$(id_in_root tickgate group)
[ -n "$account" ] && [ -n "$group" ] || fail "no account"
[ "$account" -lt 1000 ] || fail "the account is no system account"
contains "account" "$(grep '^tickgate:' "$root/etc/passwd")" "/var/lib/tickgate:/usr/sbin/nologin"
equal "tickgate.yaml" "$(mode_of /etc/tickgate/tickgate.yaml)" "640 0:$group"
equal "/etc/default" "$(mode_of /etc/default/tickgate)" "640 0:$group"
equal "secrets" "$(mode_of /etc/tickgate/secrets)" "700 0:0"
equal "program" "$(mode_of /usr/bin/tickgate)" "755 0:0"
[ -L "$root/etc/systemd/system/multi-user.target.wants/tickgate.service" ] || fail "the service is not enabled"
! in_root "$root" ldd /usr/bin/tickgate | grep 'not found' || fail "a library is missing"
contains "version" "$(in_root "$root" tickgate --version)" "${version%-*}"
in_root "$root" setpriv --reuid tickgate --regid tickgate --clear-groups tickgate check-config >"$work/checked" 2>&1 ||
    { cat "$work/checked" >&2; fail "check-config as the account of the service"; }
in_root "$root" setpriv --reuid nobody --regid nogroup --clear-groups cat /etc/tickgate/tickgate.yaml >/dev/null 2>&1 &&
    fail "everyone reads the configuration"
in_root "$root" dpkg --verify tickgate >"$work/verify" && [ ! -s "$work/verify" ] || fail "dpkg --verify: $(cat "$work/verify")"

step "upgrade: what was edited stays, what was not is the new one"
sed -i 's/linger: 45s/linger: 33s/' "$root/etc/tickgate/tickgate.yaml"
echo secret >"$root/etc/tickgate/secrets/massive"
mkdir -p "$root/var/lib/tickgate"
echo history >"$root/var/lib/tickgate/bars.db"
apt_in "$root" -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold install /tickgate.deb
grep -q 'linger: 33s' "$root/etc/tickgate/tickgate.yaml" || fail "the edited configuration was lost"
! grep -q '^# old' "$root/etc/default/tickgate" || fail "the untouched environment was not replaced"
equal "tickgate.yaml" "$(mode_of /etc/tickgate/tickgate.yaml)" "640 0:$group"
equal "/etc/default" "$(mode_of /etc/default/tickgate)" "640 0:$group"
equal "secret" "$(cat "$root/etc/tickgate/secrets/massive")" secret
equal "history" "$(cat "$root/var/lib/tickgate/bars.db")" history
[ -f "$root/etc/tickgate/tickgate.yaml.dpkg-dist" ] || fail "the new configuration is not beside it"
equal "account" "$(id_in_root tickgate passwd)" "$account"

step "what the administrator changed stays: mode, disabled"
chmod 0600 "$root/etc/default/tickgate"
in_root "$root" systemctl disable tickgate.service >/dev/null 2>&1
apt_in "$root" -o Dpkg::Options::=--force-confold install /newer.deb
equal "/etc/default" "$(mode_of /etc/default/tickgate)" "600 0:$group"
[ ! -e "$root/etc/systemd/system/multi-user.target.wants/tickgate.service" ] || fail "enabled again"

step "configured twice"
in_root "$root" dpkg-reconfigure tickgate

step "remove: configuration, history and secrets stay"
apt_in "$root" remove tickgate
equal status "$(status_of)" config-files
[ ! -e "$root/usr/bin/tickgate" ] || fail "the program is still there"
for file in /etc/tickgate/tickgate.yaml /etc/default/tickgate /etc/tickgate/secrets/massive /var/lib/tickgate/bars.db; do
    [ -e "$root$file" ] || fail "$file is gone"
done

# A machine that runs systemd, as far as the maintainer scripts see it: what they ask of it is written down.
mkdir -p "$root/run/systemd/system" "$root/usr/local/sbin"
cat >"$root/usr/local/sbin/systemctl" <<'STUB'
#!/bin/sh
echo "$*" >>/asked
case " $* " in
*" is-enabled "*) [ -L /etc/systemd/system/multi-user.target.wants/tickgate.service ] ;;
esac
STUB
chmod 755 "$root/usr/local/sbin/systemctl"
cp "$root/usr/sbin/policy-rc.d" "$work/policy-rc.d"
printf '#!/bin/sh\nexit 0\n' >"$root/usr/sbin/policy-rc.d"
asked() { grep -oE '(^| )(start|stop|restart|try-restart) .*' "$root/asked" 2>/dev/null | sed 's/^ //' | tr '\n' ';' || true; }
again() { # PACKAGE: with what was asked before forgotten
    rm -f "$root/asked"
    apt_in "$root" -o DPkg::Path=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin -o Dpkg::Options::=--force-confold install "$1"
    [ -s "$root/asked" ] || fail "the maintainer scripts did not ask systemd"
    [ ! -e "$root/run/tickgate.installed" ] || fail "the mark of the installation is left"
}

step "back again: what was disabled stays so"
again /newer.deb
grep -q 'linger: 33s' "$root/etc/tickgate/tickgate.yaml" || fail "the edited configuration was lost"
equal "asked of systemd" "$(asked)" ""

step "back again: what was enabled starts, with a new version or the same"
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -s /lib/systemd/system/tickgate.service "$root/etc/systemd/system/multi-user.target.wants/tickgate.service"
apt_in "$root" remove tickgate
again /newer.deb
equal "asked of systemd" "$(asked)" "start tickgate.service;"
apt_in "$root" remove tickgate
again /tickgate.deb
equal "asked of systemd" "$(asked)" "start tickgate.service;"

step "an upgrade starts only what runs"
again /newer.deb
equal "asked of systemd" "$(asked)" "try-restart tickgate.service;"
rm -rf "$root/usr/local/sbin/systemctl" "$root/run/systemd/system" "$root/asked"
rmdir --ignore-fail-on-non-empty "$root/run/systemd"
cp "$work/policy-rc.d" "$root/usr/sbin/policy-rc.d"

step "purge: nothing but the account stays"
apt_in "$root" purge tickgate
[ -z "$(status_of)" ] || [ "$(status_of)" = not-installed ] || fail "status $(status_of)"
names >"$work/after"
diff "$work/before" "$work/after" >"$work/left" || { cat "$work/left" >&2; fail "names before and after differ"; }
! grep -rl tickgate "$root/etc" --include='*' 2>/dev/null | grep -vE '/(passwd|group|shadow|gshadow)-?$' || fail "a mention in /etc"
equal "account" "$(id_in_root tickgate passwd)" "$account"
echo "all steps passed"
