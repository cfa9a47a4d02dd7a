#!/usr/bin/env bash
# What the Debian package of this build holds. Usage: contents.sh BUILD
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need dpkg-deb dpkg-shlibdeps cpack
package=$(package_of "$1")

step "control"
field_of() { dpkg-deb -f "$package" "$1"; }
equal Package "$(field_of Package)" tickgate
contains Depends "$(field_of Depends)" "libc6"
contains Depends "$(field_of Depends)" "systemd | "
contains Recommends "$(field_of Recommends)" "redis-server"
[ -n "$(field_of Description)" ] || fail "no description"
dpkg-deb -e "$package" "$work/control"
equal conffiles "$(sort "$work/control/conffiles" | tr '\n' ' ')" "/etc/default/tickgate /etc/tickgate/tickgate.yaml "
for script in preinst postinst prerm postrm; do
    equal "mode of $script" "$(stat -c %a "$work/control/$script")" 755
    sh -n "$work/control/$script" || fail "$script"
done

step "files"
dpkg-deb -c "$package" | awk '{print $1, $2, $6}' | sed 's| \./| /|' >"$work/list"
holds() { grep -qxE -- "$1 root/root $2" "$work/list" || fail "no $1 $2 in: $(grep -E -- "$2" "$work/list")"; }
holds -rwxr-xr-x /usr/bin/tickgate
holds -rw-r----- /etc/tickgate/tickgate.yaml
holds -rw-r----- /etc/default/tickgate
holds drwx------ /etc/tickgate/secrets/
for file in lib/systemd/system/tickgate.service lib/systemd/system/tickgate-venue@.service lib/sysusers.d/tickgate.conf \
    share/tickgate/demo.yaml share/tickgate/redis-acl.conf share/man/man1/tickgate.1.gz \
    share/man/man1/tickgate-status.1.gz share/man/man5/tickgate.yaml.5.gz share/bash-completion/completions/tickgate \
    share/zsh/vendor-completions/_tickgate share/fish/vendor_completions.d/tickgate.fish share/doc/tickgate/copyright share/doc/tickgate/changelog.gz \
    share/doc/tickgate/changelog.Debian.gz share/doc/tickgate/install.md share/doc/tickgate/configuration.md \
    share/doc/tickgate/schemas/quote.schema.json share/lintian/overrides/tickgate; do
    holds -rw-r--r-- "/usr/$file"
done
holds -rwxr-xr-x /usr/share/doc/tickgate/examples/subscriber.py
! grep -vE '^[-d]rw[-x]r-[-x]r-[-x] |^l|^-rw-r----- root/root /etc/|^drwx------ root/root /etc/tickgate/secrets/$' "$work/list" ||
    fail "modes"
! grep -v ' root/root ' "$work/list" || fail "owners"
! grep -E ' /(usr/local|usr/etc|var|home|tmp)/' "$work/list" || fail "folders that no package may fill"

step "the program"
dpkg-deb -x "$package" "$work/tree"
"$work/tree/usr/bin/tickgate" --version
"$work/tree/usr/bin/tickgate" check-config --config "$work/tree/etc/tickgate/tickgate.yaml"
! grep -aq "$source_dir" "$work/tree/usr/bin/tickgate" || [ -z "${TICKGATE_PACKAGE:-}" ] || fail "paths of the build in the program"

step "copyright"
head -n 1 "$work/tree/usr/share/doc/tickgate/copyright" | grep -q '^Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/$' ||
    fail "not in machine-readable form"

if [ -z "${TICKGATE_PACKAGE:-}" ]; then
    step "packed again it is the same"
    export SOURCE_DATE_EPOCH=1700000000
    one=$work/one two=$work/two
    for folder in "$one" "$two"; do
        mkdir "$folder"
        (cd "$1" && cpack -G DEB -B "$folder" -D CPACK_OUTPUT_FILE_PREFIX="$folder" -D CPACK_THREADS=1 \
            -D CPACK_DEBIAN_COMPRESSION_TYPE=gzip) >/dev/null
    done
    cmp "$one"/*.deb "$two"/*.deb || fail "two packages of one build differ"
fi
