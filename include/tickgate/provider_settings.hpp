// What a provider can be told, as a table in its own folder (`settings.cpp`). The configuration reads, checks and
// explains `providers.<name>` by it: an unknown key or a wrong value is told with its line.
#pragma once

#include <tickgate/instrument.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace tickgate {

// One key below `providers.<name>`. The texts live as long as the program.
struct SettingSpec {
    enum class Kind : std::uint8_t {
        websocket_url, // wss:// or ws://host[:port][/path]
        web_url,       // https:// or http://host[:port][/path]
        choice,        // one of the words of `range`, which blanks separate
        flag,          // true or false
        number,        // a whole number from 1 to `most`
        word,          // at most 64 letters, digits, `.`, `_` and `-`; `range` says what it is
        secret,        // can be given as `<key>_file`, too; never shown
    };

    std::string_view key; // nested keys are joined by dots: `endpoints.ws`
    Kind kind = Kind::word;
    std::string_view text;       // what it means: one or two sentences
    std::string_view example;    // as it is written after the key
    std::string_view fallback{}; // what holds without it: the value as it is written, or words; empty: nothing
    std::string_view range{};
    std::int64_t most = 0;
    bool needed = false; // without it the provider is off
};

struct ProviderSpec {
    std::string_view name;
    std::span<const AssetClass> classes; // what it can serve
    std::span<const SettingSpec> settings;
};

// Every provider this program was built with, in the order of providers/CMakeLists.txt.
std::span<const ProviderSpec* const> provider_spec_table() noexcept;

} // namespace tickgate
