#include "venue_kit/faults.hpp"

#include "venue_kit/holes.hpp"
#include "venue_kit/text.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tickgate::venue_kit {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, fault_kinds> kind_names{"stall", "refuse", "slow", "split", "duplicate",
    "reorder", "http_status", "clock_skew", "silent_symbol", "no_ack", "half_open", "no_heartbeat", "latency",
    "bad_body", "market_closed", "auth_expired", "drop", "reset", "gap", "garbage", "cut_24h", "server_shutdown",
    "error_text", "hole"};

constexpr std::array<std::string_view, 6> garbage_kinds{"json", "types", "binary", "huge", "opcode", "truncated"};
constexpr std::array<std::string_view, 4> spoiled_kinds{"html", "truncated", "empty", "types"};

bool has_text(FaultKind kind) noexcept {
    return kind == FaultKind::garbage || kind == FaultKind::bad_body || kind == FaultKind::error_text ||
           kind == FaultKind::hole;
}

std::string listed(const auto& names) {
    std::string out;
    for (const auto name : names)
        out.append(out.empty() ? "" : ", ").append(name);
    return out;
}

bool is_number(std::string_view text, std::int64_t& out) {
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    return ec == std::errc() && end == text.data() + text.size();
}

bool check(const Fault& fault, std::string& problem) {
    switch (fault.kind) {
    case FaultKind::slow:
        if (fault.value < 1)
            problem = "slow needs a value of at least 1 byte a second";
        break;
    case FaultKind::http_status:
        if (fault.value < 400 || fault.value > 599)
            problem = "http_status needs a value from 400 to 599";
        break;
    case FaultKind::silent_symbol:
        if (fault.symbol.empty())
            problem = "silent_symbol needs a symbol";
        break;
    case FaultKind::garbage:
        if (std::find(garbage_kinds.begin(), garbage_kinds.end(), fault.text) == garbage_kinds.end())
            problem = fmt::format("garbage is one of {}, not '{}'", listed(garbage_kinds), fault.text);
        break;
    case FaultKind::bad_body:
        if (std::find(spoiled_kinds.begin(), spoiled_kinds.end(), fault.text) == spoiled_kinds.end())
            problem = fmt::format("bad_body is one of {}, not '{}'", listed(spoiled_kinds), fault.text);
        break;
    case FaultKind::error_text:
        if (fault.text.empty())
            problem = "error_text needs the name of an error";
        break;
    case FaultKind::hole:
        (void)parse_hole(fault.text, problem);
        break;
    default:
        if (fault.value < 0 && fault.kind != FaultKind::clock_skew)
            problem = "value must not be negative";
    }
    if (fault.lasts.count() < 0 || fault.after.count() < 0 || fault.count < 0 || fault.retry_after_s < 0)
        problem = "for_ms, after_ms, count and retry_after must not be negative";
    return problem.empty();
}

// One setting, the same by either door. `key` is "value" for the part after the fault's own name.
bool set(Fault& fault, std::string_view key, std::string_view text, std::string& problem) {
    if (key == "symbol") {
        fault.symbol = to_upper(text);
        return true;
    }
    if (key == "path") {
        fault.path = text;
        return true;
    }
    if (key == "value" && has_text(fault.kind)) {
        fault.text = text;
        return true;
    }
    std::int64_t number = 0;
    if (!is_number(text, number) || number > 1'000'000'000'000) {
        problem = fmt::format("{} is not a number: '{}'", key, text);
        return false;
    }
    if (key == "value")
        fault.value = number;
    else if (key == "for_ms")
        fault.lasts = std::chrono::milliseconds(number);
    else if (key == "after_ms")
        fault.after = std::chrono::milliseconds(number);
    else if (key == "count")
        fault.count = number;
    else if (key == "retry_after")
        fault.retry_after_s = number;
    else
        problem =
            fmt::format("unknown key '{}'; known: value, for_ms, after_ms, symbol, path, count, retry_after", key);
    return problem.empty();
}

result<Fault> begin(std::string_view name, std::string& problem) {
    const auto kind = fault_from(name);
    if (!kind) {
        problem = fmt::format("unknown fault '{}'; known: {}", name, listed(kind_names));
        return errc::configuration;
    }
    Fault fault;
    fault.kind = *kind;
    if (*kind == FaultKind::gap)
        fault.value = 1;
    if (*kind == FaultKind::server_shutdown)
        fault.value = 10'000;
    if (*kind == FaultKind::garbage)
        fault.text = "json";
    if (*kind == FaultKind::bad_body)
        fault.text = "truncated";
    if (*kind == FaultKind::latency)
        fault.value = 1'000;
    return fault;
}

} // namespace

std::string_view to_string(FaultKind kind) noexcept { return kind_names[static_cast<std::size_t>(kind)]; }

std::optional<FaultKind> fault_from(std::string_view name) noexcept {
    for (std::size_t i = 0; i < kind_names.size(); ++i)
        if (kind_names[i] == name)
            return static_cast<FaultKind>(i);
    return std::nullopt;
}

bool is_lasting(FaultKind kind) noexcept { return kind < FaultKind::drop; }

std::string fault_names() { return listed(kind_names); }

result<Fault> parse_fault(std::string_view text, std::string& problem) {
    problem.clear();
    auto part = text.substr(0, text.find(','));
    auto rest = part.size() == text.size() ? std::string_view() : text.substr(part.size() + 1);
    const auto equals = part.find('=');
    auto fault = begin(part.substr(0, equals), problem);
    if (!fault)
        return fault;
    if (equals != std::string_view::npos && !set(*fault, "value", part.substr(equals + 1), problem))
        return errc::configuration;
    while (!rest.empty()) {
        part = rest.substr(0, rest.find(','));
        rest = part.size() == rest.size() ? std::string_view() : rest.substr(part.size() + 1);
        const auto at = part.find('=');
        const auto value = at == std::string_view::npos ? std::string_view() : part.substr(at + 1);
        if (!set(*fault, part.substr(0, at), value, problem))
            return errc::configuration;
    }
    if (!check(*fault, problem))
        return errc::configuration;
    return fault;
}

result<Fault> parse_fault_json(std::string_view text, std::string& problem) {
    problem.clear();
    json::error_code ec;
    const auto document = json::parse({text.data(), text.size()}, ec);
    const auto* object = ec ? nullptr : document.if_object();
    if (object == nullptr) {
        problem = "the body must be a JSON object";
        return errc::configuration;
    }
    const auto* name = object->if_contains("fault");
    if (name == nullptr || !name->is_string()) {
        problem = "\"fault\" is missing";
        return errc::configuration;
    }
    auto fault = begin(std::string_view(name->get_string().data(), name->get_string().size()), problem);
    if (!fault)
        return fault;
    for (const auto& member : *object) {
        const std::string_view key(member.key().data(), member.key().size());
        if (key == "fault" || member.value().is_null())
            continue;
        const auto* as_text = member.value().if_string();
        const auto value =
            as_text != nullptr ? std::string(as_text->data(), as_text->size()) : json::serialize(member.value());
        if (!set(*fault, key, value, problem))
            return errc::configuration;
    }
    if (!check(*fault, problem))
        return errc::configuration;
    return fault;
}

void FaultBoard::add(Fault fault, MonoTime now) {
    ActiveFault entry{std::move(fault), {}, std::nullopt};
    entry.begin = now + entry.fault.after;
    waiting_.push_back(std::move(entry));
}

void FaultBoard::clear(std::optional<FaultKind> kind) {
    const auto hit = [&](const ActiveFault& entry) { return !kind || entry.fault.kind == *kind; };
    std::erase_if(waiting_, hit);
    std::erase_if(active_, hit);
    refresh();
}

std::vector<Fault> FaultBoard::advance(MonoTime now) {
    std::vector<Fault> once;
    if (waiting_.empty() && active_.empty())
        return once;
    for (std::size_t i = 0; i < waiting_.size();) {
        auto& entry = waiting_[i];
        if (entry.begin > now) {
            ++i;
            continue;
        }
        ++begun_[static_cast<std::size_t>(entry.fault.kind)];
        if (entry.fault.kind == FaultKind::auth_expired || entry.fault.kind == FaultKind::market_closed)
            once.push_back(entry.fault);
        if (is_lasting(entry.fault.kind)) {
            if (entry.fault.lasts.count() > 0)
                entry.end = entry.begin + entry.fault.lasts;
            // A new fault of a kind replaces the old one; silent symbols add up.
            if (entry.fault.kind != FaultKind::silent_symbol)
                std::erase_if(active_, [&](const ActiveFault& a) { return a.fault.kind == entry.fault.kind; });
            active_.push_back(std::move(entry));
        } else {
            once.push_back(std::move(entry.fault));
        }
        waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    std::erase_if(active_, [&](const ActiveFault& a) { return a.end && *a.end <= now; });
    refresh();
    return once;
}

const ActiveFault* FaultBoard::find(FaultKind kind) const noexcept {
    if (!has(kind))
        return nullptr;
    const auto it =
        std::find_if(active_.begin(), active_.end(), [&](const ActiveFault& a) { return a.fault.kind == kind; });
    return it == active_.end() ? nullptr : &*it;
}

bool FaultBoard::silences(std::string_view symbol) const noexcept {
    return has(FaultKind::silent_symbol) && std::any_of(active_.begin(), active_.end(), [&](const ActiveFault& a) {
        return a.fault.kind == FaultKind::silent_symbol && a.fault.symbol == symbol;
    });
}

const ActiveFault* FaultBoard::find(FaultKind kind, std::string_view path) const noexcept {
    const auto* hit = find(kind);
    return hit != nullptr && path.starts_with(hit->fault.path) ? hit : nullptr;
}

void FaultBoard::use(FaultKind kind) noexcept {
    for (auto it = active_.begin(); it != active_.end(); ++it)
        if (it->fault.kind == kind && it->fault.count > 0 && --it->fault.count == 0) {
            active_.erase(it);
            break;
        }
    refresh();
}

void FaultBoard::refresh() noexcept {
    mask_ = 0;
    for (const auto& entry : active_)
        mask_ |= 1u << static_cast<unsigned>(entry.fault.kind);
}

std::string FaultBoard::state_json(MonoTime now) const {
    std::string out = R"({"active":[)";
    for (const auto& entry : active_) {
        if (out.back() == '}')
            out.push_back(',');
        out.append(R"({"fault":)");
        append_json_string(out, to_string(entry.fault.kind));
        out.append(R"(,"value":)");
        append_integer(out, entry.fault.value);
        if (!entry.fault.symbol.empty()) {
            out.append(R"(,"symbol":)");
            append_json_string(out, entry.fault.symbol);
        }
        out.append(R"(,"left_ms":)");
        if (entry.end)
            append_integer(out, std::chrono::duration_cast<std::chrono::milliseconds>(*entry.end - now).count());
        else
            out.append("null");
        out.push_back('}');
    }
    out.append(fmt::format(R"(],"waiting":{},"begun":{{)", waiting_.size()));
    for (std::size_t i = 0; i < fault_kinds; ++i)
        out.append(fmt::format(R"({}"{}":{})", i == 0 ? "" : ",", kind_names[i], begun_[i]));
    out.append("}}");
    return out;
}

} // namespace tickgate::venue_kit
