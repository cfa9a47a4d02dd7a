#include "config/reference.hpp"

#include "config/provider_specs.hpp"
#include "config/suggest.hpp"

#include <algorithm>
#include <stdexcept>

namespace tickgate::config {

namespace {

void add(std::vector<Setting>& out, const Field& field) {
    const About& about = field.about;
    if (!about.text.empty()) {
        const Shape& shape = about.shape.type.empty() ? field.read.shape : about.shape;
        out.push_back({field.key, about.secret ? "secret" : shape.type, shape.range, shape.unit,
            about.fallback.empty() ? field.read.fallback : about.fallback, about.text, about.example, shape.schema,
            about.secret, about.apply});
    }
    for (const Field& below : field.below)
        add(out, below);
}

// Whether `key` is what `pattern` with its one `*` stands for.
bool matches(std::string_view pattern, std::string_view key) {
    const std::size_t star = pattern.find('*');
    if (star == std::string_view::npos)
        return pattern == key;
    const std::string_view before = pattern.substr(0, star), after = pattern.substr(star + 1);
    return key.size() > before.size() + after.size() && key.starts_with(before) && key.ends_with(after);
}

// What all providers can be told alike stands in a table of its own.
bool is_common(std::string_view key) { return key == "enabled" || key == "allow_plaintext" || key == "tls.ca_file"; }

// The key as it stands in the table of a section; empty: it belongs to another.
std::string key_in(std::string_view section, const std::string& key) {
    constexpr std::string_view every_provider = "providers.*";
    if (section == every_provider) {
        const std::string prefix = "providers." + provider_names().front() + ".";
        return key.starts_with(prefix) && is_common(key.substr(prefix.size())) ? key.substr(prefix.size()) : "";
    }
    if (!key.starts_with(section) || key.size() <= section.size() || key[section.size()] != '.')
        return {};
    std::string rest = key.substr(section.size() + 1);
    return section.starts_with("providers.") && is_common(rest) ? std::string() : rest;
}

// Values stand as code, words as they are.
std::string value_cell(const std::string& value) {
    const bool words = value.find(' ') != std::string::npos && !value.starts_with('[') && !value.starts_with('"');
    return value.empty() ? "none" : words ? value : "`" + value + "`";
}

std::string type_cell(const Setting& setting) {
    std::string cell = setting.type == "word" ? setting.range : setting.type;
    if (setting.type != "word" && !setting.range.empty())
        cell += ": " + setting.range;
    return setting.unit.empty() ? cell : cell + " " + setting.unit;
}

std::string row(const Setting& setting, const std::string& key, bool with_file) {
    const std::string keys = with_file ? "`" + key + "`, `" + key + "_file`" : "`" + key + "`";
    return "| " + keys + " | " + type_cell(setting) + " | " + value_cell(setting.fallback) + " | `" + setting.example +
           "` | " + (setting.apply == Apply::live ? "reload" : "restart") + " | " + setting.text + " |\n";
}

std::string table_of(std::string_view section) {
    std::string table;
    const std::vector<Setting>& all = settings();
    for (auto setting = all.begin(); setting != all.end(); ++setting) {
        const std::string key = key_in(section, setting->key);
        if (key.empty())
            continue;
        const bool with_file =
            setting->secret && setting + 1 != all.end() && (setting + 1)->key == setting->key + "_file";
        table += row(*setting, key, with_file);
        if (with_file)
            ++setting;
    }
    if (table.empty())
        throw std::invalid_argument("no settings: " + std::string(section));
    return "\n| key | type | default | example | takes effect | meaning |\n|---|---|---|---|---|---|\n" + table + "\n";
}

} // namespace

const std::vector<Setting>& settings() {
    static const std::vector<Setting> all = [] {
        std::vector<Setting> out;
        for (const Field& field : all_fields())
            add(out, field);
        return out;
    }();
    return all;
}

const Setting* find_setting(std::string_view key) {
    // effective_settings() tells one line a symbol.
    if (const std::size_t colon = key.find(':'); key.starts_with("symbols.") && colon != std::string_view::npos)
        key = key.substr(0, colon);
    const auto& all = settings();
    auto found = std::ranges::find(all, key, &Setting::key);
    if (found == all.end())
        found = std::ranges::find_if(all, [&](const Setting& setting) { return matches(setting.key, key); });
    return found == all.end() ? nullptr : &*found;
}

std::string with_reference_tables(std::string_view page) {
    constexpr std::string_view begin = "<!-- settings: ", begin_end = " -->\n", end = "<!-- end -->\n";
    std::string out;
    for (;;) {
        const std::size_t at = page.find(begin);
        if (at == std::string_view::npos)
            return out + std::string(page);
        const std::size_t line_end = page.find(begin_end, at);
        const std::size_t last = page.find(end, at);
        if (line_end == std::string_view::npos || last == std::string_view::npos || last < line_end)
            throw std::invalid_argument("a line `<!-- settings: … -->` without its `<!-- end -->`");
        const std::size_t from = at + begin.size();
        const std::string_view section = page.substr(from, line_end - from);
        out += std::string(page.substr(0, line_end + begin_end.size())) + table_of(section) + std::string(end);
        page.remove_prefix(last + end.size());
    }
}

} // namespace tickgate::config
