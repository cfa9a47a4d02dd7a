// The settings as people need them: reference tables, an editor's schema, a first file, a manual page.
// All of it comes from the table that reads the file (schema.hpp), so nothing can be told that does not hold.
#pragma once

#include "config/schema.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tickgate::config {

struct Setting {
    std::string key;      // dotted; `*` stands for a name of the user's own: `collect.*.every`
    std::string type;     // "duration", "list of timeframes"
    std::string range;    // "1ms to 10s", "trace, debug"; empty: the type tells all
    std::string unit;     // of a plain number; may be empty
    std::string fallback; // what holds without it, as it is written in the file; empty: nothing
    std::string text;     // one or two sentences, Markdown
    std::string example;  // as it is written after the key; never empty
    std::string schema;   // members of a JSON Schema for one value of it
    bool secret = false;
    Apply apply = Apply::restart;
};

// Every setting there is, in the order of the sections of the sample file.
const std::vector<Setting>& settings();

// The setting that a key of the file or of effective_settings() belongs to: `collect.majors.every` is
// `collect.*.every`, `symbols.crypto:BTC-USDT` is `symbols.crypto`. Null: there is none.
const Setting* find_setting(std::string_view key);

// docs/configuration.md with the tables between its `<!-- settings: … -->` and `<!-- end -->` lines made anew.
// Throws std::invalid_argument if such a line names no section or has no end.
std::string with_reference_tables(std::string_view page);

// JSON Schema 2020-12 of the file, for editors. Variables, and keys without a value, are allowed as in the file.
std::string json_schema();

// A first configuration: short, commented, valid as it stands.
std::string sample_text();

// tickgate.yaml(5) in man(7) macros.
std::string manual_page();

} // namespace tickgate::config
