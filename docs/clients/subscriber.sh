#!/usr/bin/env bash
# Follows one channel of Tickgate with redis-cli alone: asks for a quote, joins late, checks that nothing is missing.
#
#     subscriber.sh redis://127.0.0.1:6379/0 md:quote:crypto:BTC-USDT
set -uo pipefail
export LC_ALL=C # sessions are compared as bytes
url=$1 channel=$2
redis() { redis-cli -u "$url" "$@"; }

# field NAME: of the JSON on standard input; numbers keep their digits
field() { sed -n "s/.*\"$1\":\"\\{0,1\\}\\([^\",}]*\\).*/\\1/p"; }

# request OP FIELD VALUE …: prints the chunks of the answer
request() {
    local id reply
    id=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
    redis XADD md:req '*' id "$id" client example deadline_ms 30000 op "$@" >/dev/null || return 1
    while reply=$(redis BLPOP "md:rep:$id" 35 | tail -n 1) && [ -n "$reply" ]; do
        printf '%s\n' "$reply"
        [[ $reply == *'"done":true'* ]] && return 0
    done
    echo "no answer: is a gateway running?" >&2
    return 1
}

session='' seq='' low_session='' low_seq=0
on_message() {
    local s n
    s=$(field session <<<"$1") n=$(field seq <<<"$1")
    [[ $s < $session ]] && return # an older publisher
    if [[ $s > $session ]]; then
        [ -n "$session" ] && echo "$channel new session $s"
        session=$s seq='' # the check starts with this message
    fi
    [[ $s < $low_session ]] && return
    [[ $s == "$low_session" ]] && ((n <= low_seq)) && return # older than the last value
    if [ -n "$seq" ]; then
        ((n <= seq)) && return # sent again after a reconnect of the gateway
        ((n != seq + 1)) && echo "$channel gap: missing $((seq + 1)) to $((n - 1))"
    fi
    seq=$n
    echo "$channel seq $n $(sed 's/.*"native":"[^"]*",\(.*\),"exchange".*/\1/' <<<"$1")"
}

request quote symbol "$(cut -d: -f2- <<<"${channel#md:}" | awk -F: '{print $(NF-1)":"$NF}')" | sed 's/^/quote /'
while true; do
    # Three lines each: the kind, the channel, and the count or the message.
    while read -r kind && read -r _ && read -r text; do
        if [ "$kind" = subscribe ]; then # … then the last value: a state, not a link in the chain
            last=$(redis GET "${channel/md:/md:last:}")
            low_session=$(field session <<<"$last") low_seq=$(field seq <<<"$last")
            [ -n "$last" ] && echo "last value $channel seq $low_seq"
        elif [ "$kind" = message ]; then
            on_message "$text"
        fi
    done < <(redis SUBSCRIBE "$channel")
    sleep 1 # Redis is away
done
