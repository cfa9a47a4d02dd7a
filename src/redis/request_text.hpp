// Requests as they stand in the stream, and the text of their answers (contract.md §5). No I/O.
#pragma once

#include "ops/operations.hpp"

#include <tickgate/market_data.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::redis {

// One entry of the stream, its fields told apart.
struct RequestText {
    std::string id; // of the request; empty: malformed, nobody can be answered
    std::string op; // as it was written, at most 32 characters
    std::chrono::milliseconds deadline{30000};
    ops::Request request;
    std::optional<ops::Error> error; // answer this instead
};

inline constexpr std::size_t max_request_bytes = 64 * 1024; // names and values together
inline constexpr std::size_t max_client_text = 64;
inline constexpr std::chrono::milliseconds longest_deadline{3600000};

// [A-Za-z0-9_-]{8,64}
bool is_request_id(std::string_view id) noexcept;

// `pairs`: name, value, name, value … of the entry. Never fails: see the members.
RequestText read_request(const std::vector<std::string>& pairs);
// Of an entry that is too large to be read; `id` may be anything.
RequestText oversized_request(std::string_view id);

// The milliseconds of a stream entry id (`1763682000123-0`); empty: no such id.
std::optional<std::int64_t> entry_millis(std::string_view entry) noexcept;

// `{"v":1,"type":"reply",…,"data":[…]}`; `data`: elements with commas between them.
std::string reply_chunk(
    std::string_view id, std::string_view op, std::uint64_t chunk, bool done, std::string_view data);
std::string reply_error(std::string_view id, std::string_view op, const ops::Error& error);
inline constexpr std::size_t reply_overhead = 256; // of a chunk besides its data, at most

// A quote asked from REST in the form of contract.md §3: flag `snapshot`, and `seq` 0 as it was never on the channel,
// so that a late joiner drops nothing because of it. `session` is the publisher's, or this gateway's if another
// publishes.
std::string snapshot_payload(const InstrumentName& name, std::string_view provider, std::string_view native,
    Quote quote, std::string_view session, UnixNanos now);

// Lua for one key each.
namespace script {
// KEYS the reply list; ARGV text, most unread chunks (0: any), TTL in ms, `1` for the first chunk. 1, or -1: too many.
// A chunk that is there already, because its answer was lost on the way, is not written twice.
inline constexpr std::string_view push =
    "if ARGV[4]=='1' then redis.call('del',KEYS[1]) "
    "elseif redis.call('lindex',KEYS[1],-1)==ARGV[1] then return 1 end "
    "if tonumber(ARGV[2])>0 and redis.call('llen',KEYS[1])>=tonumber(ARGV[2]) then return -1 end "
    "redis.call('rpush',KEYS[1],ARGV[1]) redis.call('pexpire',KEYS[1],ARGV[3]) return 1";
// KEYS the stream; ARGV group, entry.
inline constexpr std::string_view finish =
    "redis.call('xack',KEYS[1],ARGV[1],ARGV[2]) return redis.call('xdel',KEYS[1],ARGV[2])";
// KEYS the stream; ARGV entry, most bytes. Its fields; only the id if they are too large; nil if it is gone.
inline constexpr std::string_view fetch =
    "local r=redis.call('xrange',KEYS[1],ARGV[1],ARGV[1]) if #r==0 then return false end "
    "local f=r[1][2] local n=0 local id='' "
    "for i=1,#f,2 do n=n+#f[i]+#f[i+1] if f[i]=='id' and #f[i+1]<=64 then id=f[i+1] end end "
    "if n>tonumber(ARGV[2]) or #f>128 then return {id} end return f";
// KEYS the stream; ARGV group, our name, least idle ms. Deletes consumers that have been away and owe nothing; how
// many.
inline constexpr std::string_view bury =
    "local n=0 for _,c in ipairs(redis.call('xinfo','consumers',KEYS[1],ARGV[1])) do local d={} "
    "for i=1,#c,2 do d[c[i]]=c[i+1] end "
    "if d['name']~=ARGV[2] and d['pending']==0 and d['idle']>=tonumber(ARGV[3]) then "
    "redis.call('xgroup','delconsumer',KEYS[1],ARGV[1],d['name']) n=n+1 end end return n";
// KEYS the stream; ARGV group, our name. Deletes us if nothing is left with us.
inline constexpr std::string_view leave =
    "for _,c in ipairs(redis.call('xinfo','consumers',KEYS[1],ARGV[1])) do local d={} "
    "for i=1,#c,2 do d[c[i]]=c[i+1] end "
    "if d['name']==ARGV[2] and d['pending']==0 then return redis.call('xgroup','delconsumer',KEYS[1],ARGV[1],ARGV[2]) "
    "end end "
    "return 0";
} // namespace script

} // namespace tickgate::redis
