// Pieces of the rows that jobs and collectors keep in the store.
#pragma once

#include "backfill/history.hpp"

#include <boost/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tickgate::backfill {

namespace json = boost::json;

inline json::value json_of(const std::optional<UnixNanos>& t) {
    return t ? json::value(t->time_since_epoch().count()) : json::value(nullptr);
}

inline json::array json_of(const std::vector<InstrumentName>& names) {
    json::array out;
    for (const auto& name : names)
        out.emplace_back(name.to_string());
    return out;
}

inline json::array json_of(const std::vector<Timeframe>& timeframes) {
    json::array out;
    for (const auto timeframe : timeframes)
        out.emplace_back(to_string(timeframe));
    return out;
}

// What is absent or of another type reads as the default.
class JsonReader {
public:
    explicit JsonReader(const json::object& object) : object_(object) {}

    std::string text(std::string_view key) const {
        const auto* v = object_.if_contains(key);
        return v && v->is_string() ? std::string(v->get_string()) : std::string();
    }
    std::int64_t number(std::string_view key, std::int64_t otherwise = 0) const {
        const auto* v = object_.if_contains(key);
        return v && v->is_int64() ? v->get_int64() : otherwise;
    }
    bool flag(std::string_view key, bool otherwise) const {
        const auto* v = object_.if_contains(key);
        return v && v->is_bool() ? v->get_bool() : otherwise;
    }
    std::optional<UnixNanos> time(std::string_view key) const {
        const auto* v = object_.if_contains(key);
        if (!v || !v->is_int64())
            return std::nullopt;
        return UnixNanos(std::chrono::nanoseconds(v->get_int64()));
    }
    const json::object* object(std::string_view key) const {
        const auto* v = object_.if_contains(key);
        return v ? v->if_object() : nullptr;
    }
    std::vector<std::string> texts(std::string_view key) const {
        std::vector<std::string> out;
        const auto* v = object_.if_contains(key);
        if (const auto* list = v ? v->if_array() : nullptr)
            for (const auto& one : *list)
                if (one.is_string())
                    out.emplace_back(one.get_string());
        return out;
    }
    std::vector<InstrumentName> instruments(std::string_view key) const {
        std::vector<InstrumentName> out;
        for (const auto& one : texts(key))
            if (auto name = InstrumentName::parse(one))
                out.push_back(std::move(*name));
        return out;
    }
    std::vector<Timeframe> timeframes(std::string_view key) const {
        std::vector<Timeframe> out;
        for (const auto& one : texts(key))
            if (const auto timeframe = timeframe_from(one))
                out.push_back(*timeframe);
        return out;
    }

private:
    const json::object& object_;
};

} // namespace tickgate::backfill
