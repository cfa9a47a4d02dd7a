#include "cli/message.hpp"

#include "core/text.hpp"

#include <simdjson.h>

#include <array>
#include <charconv>
#include <utility>

namespace tickgate::cli {

namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::array<std::pair<std::string_view, std::string Message::*>, 27> text_fields{{
    {"type", &Message::type},
    {"class", &Message::asset_class},
    {"symbol", &Message::symbol},
    {"session", &Message::session},
    {"bid", &Message::bid},
    {"bid_size", &Message::bid_size},
    {"ask", &Message::ask},
    {"ask_size", &Message::ask_size},
    {"last", &Message::last},
    {"price", &Message::price},
    {"size", &Message::size},
    {"side", &Message::side},
    {"timeframe", &Message::timeframe},
    {"close", &Message::close},
    {"volume", &Message::volume},
    {"final", &Message::final},
    {"event", &Message::event},
    {"kind", &Message::kind},
    {"feed", &Message::feed},
    {"provider", &Message::provider},
    {"to_provider", &Message::to_provider},
    {"cause", &Message::cause},
    {"text", &Message::text},
    {"from_seq", &Message::from_seq},
    {"to_seq", &Message::to_seq},
    {"lost", &Message::lost},
    {"state", &Message::state},
}};

// Text of a scalar. Objects and arrays give nothing and are skipped by the caller's walk.
simdjson::error_code read_scalar(ondemand::value value, std::string& out) {
    ondemand::json_type type{};
    if (const auto error = value.type().get(type))
        return error;
    if (type == ondemand::json_type::string) {
        std::string_view text;
        if (const auto error = value.get_string().get(text))
            return error;
        out = text;
    } else if (type == ondemand::json_type::number || type == ondemand::json_type::boolean) {
        out = trimmed(value.raw_json_token(), json_blanks);
    }
    return simdjson::SUCCESS;
}

} // namespace

struct PayloadParser::Impl {
    simdjson::error_code parse(std::string_view payload, Message& out) {
        buffer.assign(payload);
        buffer.append(simdjson::SIMDJSON_PADDING, '\0');
        ondemand::document document;
        if (const auto error = parser.iterate(buffer.data(), payload.size(), buffer.size()).get(document))
            return error;
        ondemand::object object;
        if (const auto error = document.get_object().get(object))
            return error;
        for (auto item : object) {
            ondemand::field field;
            if (const auto error = std::move(item).get(field))
                return error;
            std::string_view key;
            if (const auto error = field.unescaped_key().get(key))
                return error;
            if (const auto error = take(key, field.value(), out))
                return error;
        }
        // At the end there is no location to tell.
        return document.current_location().error() ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
    }

    simdjson::error_code take(std::string_view key, ondemand::value value, Message& out) {
        if (key == "seq") {
            if (const auto error = read_scalar(value, seq))
                return error;
            const auto [end, ec] = std::from_chars(seq.data(), seq.data() + seq.size(), out.seq);
            if (ec != std::errc() || end != seq.data() + seq.size())
                out.seq = 0;
            seq.clear();
            return simdjson::SUCCESS;
        }
        for (const auto& [name, member] : text_fields)
            if (name == key)
                return read_scalar(value, out.*member);
        return simdjson::SUCCESS;
    }

    ondemand::parser parser;
    std::string buffer, seq;
};

PayloadParser::PayloadParser() : impl_(std::make_unique<Impl>()) {}
PayloadParser::~PayloadParser() = default;

bool PayloadParser::parse(std::string_view payload, Message& out) {
    out = Message();
    return impl_->parse(payload, out) == simdjson::SUCCESS;
}

} // namespace tickgate::cli
