#!/usr/bin/env bash
# Called by image.sh in a network of its own: profile `demo` of docker/compose.yaml, its services started by hand in the
# images that image.sh built, with the names, users, files and commands of that file. Usage: image_demo.sh WORK SOURCE
set -euo pipefail
work=$1 source_dir=$2
ip link set lo up
builder() { buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run" "$@"; }
fail() {
    echo "FAILED: $*" >&2
    tail -n 20 "$work"/demo-*.log >&2
    exit 1
}
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait || true' EXIT
until_true() { # SECONDS COMMAND…
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.2
    done
}

# All services share this loopback, so all their names lead to it.
hosts=()
for name in redis gateway binance oanda massive tradier; do hosts+=(--add-host "$name:127.0.0.1"); done
start() { # NAME IMAGE [MOUNT…] -- COMMAND…
    local name=$1 image=$2 mounts=() container
    shift 2
    while [ "$1" != -- ]; do
        mounts+=(-v "$1")
        shift
    done
    shift
    container=$(builder from "${hosts[@]}" --pull-never "localhost/$image")
    builder run --isolation chroot "${mounts[@]}" "$container" -- "$@" >"$work/demo-$name.log" 2>&1 </dev/null &
    pids+=($!)
    containers[$name]=$container
}
declare -A containers

redis-server --save "" --appendonly no --bind 127.0.0.1 --dir "$work" >"$work/demo-redis.log" 2>&1 &
pids+=($!)
until_true 20 redis-cli ping || fail "redis"
python3 - "$source_dir/docker/compose.yaml" >"$work/commands" <<'PYTHON'
import sys, yaml
services = yaml.safe_load(open(sys.argv[1]))["services"]
for name in ("binance", "oanda", "massive", "tradier"):
    print(name, *services[name]["command"])
PYTHON
while read -r name command; do
    # shellcheck disable=SC2086
    start "$name" tickgate -- tickgate $command
done <"$work/commands"

mkdir -p "$work/secrets"
echo 0123456789abcdef0123456789abcdef >"$work/secrets/token"
chmod 644 "$work/secrets/token"
start gateway tickgate "$source_dir/docker/demo:/etc/tickgate:ro" "$work/secrets:/run/secrets:ro" -- \
    tickgate run --config /etc/tickgate/tickgate.yaml
until_true 60 curl -fs http://127.0.0.1:8787/readyz || fail "not ready: $(curl -s http://127.0.0.1:8787/readyz)"
[ "$(curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8787/api/v1/status)" = 401 ] || fail "no token is asked for"

# HEALTHCHECK, in the gateway's own container.
builder run --isolation chroot -v "$source_dir/docker/demo:/etc/tickgate:ro" -v "$work/secrets:/run/secrets:ro" \
    "${containers[gateway]}" -- tickgate feeds >"$work/demo-health.log" 2>&1 || fail "HEALTHCHECK"

start strategy strategy -- python3 /usr/local/bin/subscriber redis://redis:6379/0 md:quote:crypto:BTC-USDT
shows() { [ "$(grep -c '^md:quote:crypto:BTC-USDT seq' "$work/demo-strategy.log")" -ge 5 ]; }
until_true 30 shows || fail "the strategy shows no quotes"
head -n 5 "$work/demo-strategy.log"

# What Prometheus would ask, with its token.
curl -fs -H "Authorization: Bearer $(cat "$work/secrets/token")" http://127.0.0.1:8787/metrics | grep -q '^tickgate_' || fail "metrics"
