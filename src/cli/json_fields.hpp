// Members of the daemon's answers, read without faults: what is not there is empty. Included by sources alone.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace tickgate::cli {

template <class T>
T value_at(const simdjson::dom::element& object, const char* key, T otherwise = T()) {
    T value{};
    return object[key].get(value) == simdjson::SUCCESS ? value : otherwise;
}

inline std::string text_at(const simdjson::dom::element& object, const char* key) {
    return std::string(value_at<std::string_view>(object, key));
}

// Texts of a list with `between` in between.
inline std::string list_at(const simdjson::dom::element& object, const char* key, std::string_view between = ",") {
    std::string out;
    simdjson::dom::array list;
    if (object[key].get(list) == simdjson::SUCCESS)
        for (const auto item : list) {
            std::string_view text;
            if (item.get(text) == simdjson::SUCCESS)
                out.append(out.empty() ? "" : between).append(text);
        }
    return out;
}

} // namespace tickgate::cli
