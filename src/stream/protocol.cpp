#include "stream/protocol.hpp"

#include "ops/fields.hpp"
#include "ops/json_text.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace tickgate::stream {

namespace {

namespace json = boost::json;

constexpr std::size_t longest_id = 64;

Fault bad(std::string detail) { return {"bad_request", std::move(detail)}; }

// A string or a number of the client's own choice, as JSON again.
std::optional<Fault> take_id(const json::object& message, Action& out) {
    const auto* id = message.if_contains("id");
    if (id == nullptr || id->is_null())
        return std::nullopt;
    const bool fits = id->is_int64() || id->is_uint64() || (id->is_string() && id->get_string().size() <= longest_id);
    if (!fits)
        return bad("id: a string of at most 64 bytes or an integer");
    if (id->is_string())
        ops::append_json_string(out.id, std::string_view(id->get_string().data(), id->get_string().size()));
    else
        out.id = json::serialize(*id);
    return std::nullopt;
}

std::optional<Fault> take_symbols(const json::object& message, Action& out) {
    const auto* symbols = message.if_contains("symbols");
    if (symbols == nullptr || symbols->is_null())
        return out.what == Action::What::subscribe
                   ? std::optional(bad("symbols: a list is needed, as [\"crypto:BTC-USDT\"]"))
                   : std::nullopt;
    if (!symbols->is_array())
        return bad("symbols: a list of strings is needed, as [\"crypto:BTC-USDT\"]");
    const auto& list = symbols->get_array();
    if (list.empty())
        return bad("symbols: the list is empty");
    if (list.size() > most_symbols_an_action)
        return bad("symbols: at most " + std::to_string(most_symbols_an_action) + " at once");
    for (const auto& item : list) {
        if (!item.is_string())
            return bad("symbols: a list of strings is needed, as [\"crypto:BTC-USDT\"]");
        std::string symbol(item.get_string());
        if (std::find(out.symbols.begin(), out.symbols.end(), symbol) == out.symbols.end())
            out.symbols.push_back(std::move(symbol));
    }
    return std::nullopt;
}

std::optional<Fault> add_kind(std::string_view word, std::vector<WantedKind>& out) {
    const auto kind = wanted_kind_from(word);
    if (!kind)
        return bad("channels: \"" + ops::shown(word) + "\" is none of T, Q, A, trade, quote, bar, bar:<timeframe>");
    if (std::find(out.begin(), out.end(), *kind) == out.end())
        out.push_back(*kind);
    return std::nullopt;
}

std::optional<Fault> take_channels(const json::object& message, Action& out) {
    const auto* channels = message.if_contains("channels");
    if (channels == nullptr || channels->is_null())
        return std::nullopt;
    if (!channels->is_array() || channels->get_array().empty() || channels->get_array().size() > 64)
        return bad("channels: a list is needed, as [\"T\",\"Q\",\"A\"]");
    for (const auto& item : channels->get_array()) {
        if (!item.is_string())
            return bad("channels: a list of strings is needed, as [\"T\",\"Q\",\"A\"]");
        const auto& text = item.get_string();
        if (auto fault = add_kind({text.data(), text.size()}, out.channels))
            return fault;
    }
    return std::nullopt;
}

std::optional<Fault> take_format(const json::object& message, Action& out) {
    const auto* format = message.if_contains("format");
    if (format == nullptr || format->is_null())
        return std::nullopt;
    if (format->is_string())
        out.format = format_from({format->get_string().data(), format->get_string().size()});
    return out.format ? std::nullopt : std::optional(bad("format: native or market_data"));
}

std::optional<Fault> take_what(const json::object& message, Action& out) {
    const auto* action = message.if_contains("action");
    const std::string_view word = action != nullptr && action->is_string()
                                      ? std::string_view(action->get_string().data(), action->get_string().size())
                                      : std::string_view();
    if (word == "subscribe")
        out.what = Action::What::subscribe;
    else if (word == "unsubscribe")
        out.what = Action::What::unsubscribe;
    else if (word == "ping")
        out.what = Action::What::ping;
    else
        return bad("action: subscribe, unsubscribe or ping");
    return std::nullopt;
}

void with_id(ops::JsonObject& out, const Action& action) {
    if (!action.id.empty())
        out.raw("id", action.id);
}

std::string faults_text(const std::vector<SymbolFault>& faults) {
    std::string out = "[";
    for (const auto& f : faults) {
        if (out.size() > 1)
            out += ',';
        out += ops::JsonObject()
                   .text("symbol", ops::shown(f.symbol, 80))
                   .text("code", f.fault.code)
                   .text("detail", f.fault.detail)
                   .take();
    }
    return out += ']';
}

} // namespace

std::optional<WantedKind> wanted_kind_from(std::string_view text) {
    WantedKind out;
    if (text == "Q" || text == "quote")
        return out;
    if (text == "T" || text == "trade") {
        out.kind = Kind::trade;
        return out;
    }
    out.kind = Kind::bar;
    if (text == "A" || text == "bar")
        return out;
    constexpr std::string_view prefix = "bar:";
    if (!text.starts_with(prefix))
        return std::nullopt;
    out.timeframe = timeframe_from(text.substr(prefix.size()));
    return out.timeframe ? std::optional(out) : std::nullopt;
}

std::optional<Fault> wanted_kinds_from(std::string_view list, std::vector<WantedKind>& out) {
    for (const auto word : ops::split_list(list))
        if (auto fault = add_kind(word, out))
            return fault;
    return std::nullopt;
}

std::optional<Fault> parse_action(std::string_view text, Action& out) {
    json::error_code ec;
    const auto parsed = json::parse(json::string_view(text.data(), text.size()), ec);
    if (ec || !parsed.is_object())
        return Fault{"malformed_json", "a message is one JSON object, as {\"action\":\"ping\"}"};
    const auto& message = parsed.get_object();
    if (auto fault = take_id(message, out))
        return fault;
    if (auto fault = take_what(message, out))
        return fault;
    if (out.what == Action::What::ping)
        return std::nullopt;
    if (auto fault = take_symbols(message, out))
        return fault;
    if (auto fault = take_channels(message, out))
        return fault;
    return take_format(message, out);
}

std::string subscribed_text(const Action& action, const Acknowledgement& answer) {
    ops::JsonObject out;
    out.text("type", "subscribed");
    with_id(out, action);
    return out.texts("symbols", answer.symbols)
        .texts("channels", answer.channels)
        .text("format", to_string(answer.format))
        .boolean("publishing", answer.publishing)
        .raw("errors", faults_text(answer.faults))
        .take();
}

std::string unsubscribed_text(const Action& action, const Acknowledgement& answer) {
    ops::JsonObject out;
    out.text("type", "unsubscribed");
    with_id(out, action);
    return out.texts("symbols", answer.symbols)
        .texts("channels", answer.channels)
        .raw("errors", faults_text(answer.faults))
        .take();
}

std::string pong_text(const Action& action, std::int64_t now_us) {
    ops::JsonObject out;
    out.text("type", "pong");
    with_id(out, action);
    return out.integer("ts_us", now_us).take();
}

std::string error_text(const Action& action, const Fault& fault) {
    ops::JsonObject out;
    out.text("type", "error");
    with_id(out, action);
    return out.text("code", fault.code).text("detail", fault.detail).take();
}

std::string conflated_text(std::uint64_t skipped, const std::vector<Lost>& lost) {
    std::string out = R"({"type":"conflated","skipped":)" + std::to_string(skipped);
    if (!lost.empty()) {
        out += R"(,"lost":[)";
        for (const auto& l : lost) {
            if (&l != lost.data())
                out += ',';
            out.append(R"({"channel":")").append(l.channel).append(R"(","from_seq":)");
            out.append(std::to_string(l.from_seq)).append(R"(,"to_seq":)").append(std::to_string(l.to_seq)).append("}");
        }
        out += ']';
    }
    return out += '}';
}

std::string gateway_text(bool publishing, std::string_view holder) {
    return ops::JsonObject().text("type", "gateway").boolean("publishing", publishing).text("holder", holder).take();
}

std::string session_text(std::string_view session, std::string_view previous) {
    return ops::JsonObject().text("type", "session").text("session", session).text("previous", previous).take();
}

bool is_client_id(std::string_view text) noexcept {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    };
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), fits);
}

} // namespace tickgate::stream
