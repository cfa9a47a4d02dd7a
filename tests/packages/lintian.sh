#!/usr/bin/env bash
# lintian finds nothing but what cmake/packaging/lintian-overrides gives reasons for. Usage: lintian.sh BUILD
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need lintian
package=$(package_of "$1")
# --allow-root: the test may run as root. Not --fail-on, which counts what is overridden.
lintian --allow-root --show-overrides --fail-on none "$package" | tee "$work/lintian.log"
! grep -E '^(E|W): ' "$work/lintian.log" || fail "lintian"
! grep -F 'unused-override' "$work/lintian.log" || fail "an override without a cause"
