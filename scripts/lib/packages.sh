# Sourced by the scripts: Debian packages, installed only where missing. Debian 12 and 13.

# A fresh Debian 12 may not have its list of packages yet; apt-cache succeeds with nothing for names that others mention.
if grep -q '^VERSION_ID="12"' /etc/os-release || [ -n "$(apt-cache show libboost1.81-dev 2>/dev/null)" ]; then
    boost=(libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev) clang=14
else
    boost=(libboost-dev libboost-json-dev libboost-url-dev) clang=19
fi
build_packages=(g++ cmake ninja-build pkg-config ccache "${boost[@]}" libssl-dev libhiredis-dev libsimdjson-dev
    libspdlog-dev libfmt-dev libyaml-cpp-dev libcli11-dev prometheus-cpp-dev zlib1g-dev libsystemd-dev
    libhowardhinnant-date-dev tzdata libsqlite3-dev libpq-dev)
redis_packages=(redis-server redis-tools)
test_packages=(libgtest-dev libgmock-dev openssl python3-redis python3-websockets python3-jsonschema python3-botocore
    python3-yaml curl postgresql prometheus # for its promtool
    man-db mandoc zsh fish)            # manual pages and completions are tried in them
bench_packages=(libbenchmark-dev)
package_packages=(dpkg-dev file)
root_packages=("${package_packages[@]}" lintian debootstrap systemd systemd-container buildah docker-compose)
fuzz_packages=("clang-$clang" "libclang-rt-$clang-dev")

# install_missing PACKAGE…
install_missing() {
    local package missing=()
    for package in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    local root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "missing packages, and no sudo to install them: ${missing[*]}" >&2; return 1; }
        root=(sudo)
    fi
    echo "installing: ${missing[*]}"
    local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600)
    "${apt[@]}" update
    "${apt[@]}" install -y --no-install-recommends "${missing[@]}"
}
