#include "redis/request_text.hpp"

#include "ops/fields.hpp"
#include "ops/json_text.hpp"
#include "redis/message_encoder.hpp"

#include <algorithm>
#include <charconv>

namespace tickgate::redis {

namespace {

constexpr std::size_t most_fields = 32, most_op = 32;

bool is_printable(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::string head(std::string_view id, std::string_view op) {
    std::string out = R"({"v":1,"type":"reply","id":)";
    ops::append_json_string(out, id);
    out += R"(,"op":)";
    if (op.empty())
        out += "null";
    else
        ops::append_json_string(out, op);
    return out;
}

// Takes the first of a name; false: it was there before.
bool take_once(std::optional<std::string>& into, const std::string& value) {
    if (into)
        return false;
    into = value;
    return true;
}

} // namespace

bool is_request_id(std::string_view id) noexcept {
    return id.size() >= 8 && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

RequestText oversized_request(std::string_view id) {
    RequestText r;
    if (is_request_id(id))
        r.id = id;
    r.error = ops::Error("bad_request", "the request is larger than 64 KiB", "ask for fewer symbols at once");
    return r;
}

RequestText read_request(const std::vector<std::string>& pairs) {
    RequestText r;
    std::optional<std::string> id, op, client, deadline;
    std::size_t bytes = 0;
    bool twice = false;
    for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
        const auto& name = pairs[i];
        const auto& value = pairs[i + 1];
        bytes += name.size() + value.size();
        if (name == "id")
            twice |= !take_once(id, value);
        else if (name == "op")
            twice |= !take_once(op, value);
        else if (name == "client")
            twice |= !take_once(client, value);
        else if (name == "deadline_ms")
            twice |= !take_once(deadline, value);
        else if (r.request.fields.size() < most_fields + 1)
            r.request.fields.emplace_back(name, value);
    }
    if (bytes > max_request_bytes)
        return oversized_request(id.value_or(""));
    if (id && is_request_id(*id))
        r.id = *id;
    r.op = ops::shown(op.value_or(""), most_op);
    r.request.op = op.value_or("");
    r.request.client = client.value_or("");
    const auto fail = [&](std::string message, std::string hint) {
        if (!r.error)
            r.error = ops::Error("bad_request", std::move(message), std::move(hint));
    };
    if (twice)
        fail("id, op, client or deadline_ms is given twice", "each field once");
    if (!op || op->empty())
        fail("field op is missing", "XADD {prefix}:req * id <id> op <operation> …");
    if (r.request.fields.size() > most_fields)
        fail("more than 32 fields", "");
    if (client && (client->size() > max_client_text || !is_printable(*client)))
        fail("field client is longer than 64 characters, or not printable ASCII", "any short name");
    if (deadline && !deadline->empty()) {
        const auto ms = ops::integer_from(*deadline);
        if (!ms || *ms < 1 || *ms > longest_deadline.count())
            fail("field deadline_ms is \"" + ops::shown(*deadline) + "\"", "1 to 3600000 milliseconds");
        else
            r.deadline = std::chrono::milliseconds(*ms);
    }
    return r;
}

std::optional<std::int64_t> entry_millis(std::string_view entry) noexcept {
    std::int64_t ms = 0;
    const auto [end, ec] = std::from_chars(entry.data(), entry.data() + entry.size(), ms);
    if (ec != std::errc() || end == entry.data() + entry.size() || *end != '-' || ms < 0)
        return std::nullopt;
    return ms;
}

std::string reply_chunk(
    std::string_view id, std::string_view op, std::uint64_t chunk, bool done, std::string_view data) {
    std::string out = head(id, op);
    out += ",\"chunk\":" + std::to_string(chunk) + (done ? ",\"done\":true,\"data\":[" : ",\"done\":false,\"data\":[");
    out += data;
    return out += "]}";
}

std::string reply_error(std::string_view id, std::string_view op, const ops::Error& error) {
    return head(id, op) + ",\"done\":true,\"error\":" + ops::to_json(error) + "}";
}

std::string snapshot_payload(const InstrumentName& name, std::string_view provider, std::string_view native,
    Quote quote, std::string_view session, UnixNanos now) {
    quote.flags.set(Flag::snapshot);
    const auto start = payload_head(Kind::quote, Timeframe::m1, name, provider, native);
    const auto part = session_part(session);
    Stamp stamp;
    stamp.ts_pub_us = to_micros(now);
    stamp.session = part;
    std::string out(payload_bound(start, quote) + part.size(), '\0');
    char* end = put_payload(out.data(), start, quote, stamp);
    out.resize(static_cast<std::size_t>(end - out.data()));
    return out;
}

} // namespace tickgate::redis
