#!/usr/bin/env bash
# The units are correct, hardened, and start programs that exist. Usage: units.sh BUILD
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need systemd-analyze
tickgate=$(realpath "$1")/bin/tickgate

# As installed, but for where the program is.
units=$work/units
mkdir -p "$units"
for unit in tickgate.service tickgate-venue@.service; do
    sed "s|/usr/bin/tickgate|$tickgate|" "$source_dir/config/$unit" >"$units/$unit"
done
cp "$units/tickgate-venue@.service" "$units/tickgate-venue@binance.service"

step "verify"
for unit in tickgate.service tickgate-venue@binance.service; do
    systemd-analyze verify --man=no --recursive-errors=no "$units/$unit" >"$work/verify.log" 2>&1 || {
        cat "$work/verify.log" >&2
        fail "systemd-analyze verify $unit"
    }
    # Unknown keys in our files are only warnings there.
    ! grep -F "$units/" "$work/verify.log" || fail "$unit has warnings"
done

step "exposure"
for unit in tickgate.service tickgate-venue@.service; do
    systemd-analyze security --offline=true --threshold=20 "$units/$unit" >"$work/security.log" 2>&1 || {
        grep -v '✓' "$work/security.log" >&2 || true
        fail "$unit is exposed more than 2.0"
    }
    tail -n 1 "$work/security.log"
done

step "what the daemon relies on"
has() { grep -qx "$1" "$source_dir/config/tickgate.service" || fail "tickgate.service lacks $1"; }
has 'Type=notify'
has 'WatchdogSec=[0-9]*'
has 'ExecReload=/bin/kill -HUP \$MAINPID'
has 'RestartPreventExitStatus=2 77 78'
has 'LimitCORE=0'
has 'LoadCredential=secret:/etc/tickgate/secrets'
has 'StateDirectory=tickgate'

step "account"
if command -v systemd-sysusers >/dev/null && [ "$(id -u)" -eq 0 ]; then
    mkdir -p "$work/root/etc"
    systemd-sysusers --root="$work/root" "$source_dir/config/tickgate.conf"
    line=$(grep '^tickgate:' "$work/root/etc/passwd")
    contains "passwd" "$line" ":/var/lib/tickgate:"
    contains "passwd" "$line" "nologin"
fi

step "sample configurations"
for file in demo.yaml tickgate.yaml; do
    "$tickgate" check-config --config "$source_dir/config/$file" || fail "$file"
done
# A credential is read where systemd puts it.
mkdir "$work/credentials"
echo key >"$work/credentials/secret_massive"
printf 'redis: {url: "redis://127.0.0.1:6379/0"}\nproviders: {massive: {api_key_file: "${CREDENTIALS_DIRECTORY}/secret_massive"}}\nsymbols: {equity: [SPY]}\n' >"$work/credential.yaml"
CREDENTIALS_DIRECTORY=$work/credentials "$tickgate" check-config --config "$work/credential.yaml"
rm "$work/credentials/secret_massive"
if text=$(CREDENTIALS_DIRECTORY=$work/credentials "$tickgate" check-config --config "$work/credential.yaml" 2>&1); then
    fail "a credential that does not exist was accepted"
fi
contains "the problem" "$text" "api_key_file"
