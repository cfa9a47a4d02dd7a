# Sourced by the scripts: Debian packages, installed only where missing. Debian 12 and 13.

if apt-cache show libboost1.81-dev >/dev/null 2>&1 || dpkg-query -W libboost1.81-dev >/dev/null 2>&1; then
    boost=(libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev)
else
    boost=(libboost-dev libboost-json-dev libboost-url-dev)
fi
build_packages=(g++ cmake ninja-build pkg-config ccache "${boost[@]}" libssl-dev libhiredis-dev libsimdjson-dev
    libspdlog-dev libfmt-dev libyaml-cpp-dev libcli11-dev prometheus-cpp-dev zlib1g-dev libsystemd-dev
    libhowardhinnant-date-dev tzdata libsqlite3-dev libpq-dev)
redis_packages=(redis-server redis-tools)
test_packages=(libgtest-dev libgmock-dev openssl python3-redis python3-websockets python3-jsonschema python3-botocore
    postgresql)
bench_packages=(libbenchmark-dev)
fuzz_packages=(clang-14 libclang-rt-14-dev)

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
