#include "config/reference.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickgate::config {

namespace {

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        if (static_cast<unsigned char>(c) < 0x20)
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
            out += c;
    }
    return out + '"';
}

// A map of the file: its keys in the order of the table.
struct Level {
    std::string name;
    const Setting* setting = nullptr; // what the key means where it holds a value itself
    std::vector<Level> below{};

    Level& at(std::string_view key) {
        const auto found = std::ranges::find(below, key, &Level::name);
        return found != below.end() ? *found : below.emplace_back(Level{std::string(key)});
    }
};

Level tree_of_settings() {
    Level root;
    for (const Setting& setting : settings()) {
        Level* level = &root;
        for (std::string_view key = setting.key; !key.empty();) {
            const std::size_t dot = std::min(key.find('.'), key.size());
            level = &level->at(key.substr(0, dot));
            key.remove_prefix(std::min(dot + 1, key.size()));
        }
        level->setting = &setting;
    }
    return root;
}

// A value as JSON; empty: it is told in words, not as a value.
std::string value_json(const Setting& setting, const std::string& written) {
    if (setting.type == "boolean" || setting.type == "integer")
        return written.find_first_not_of("0123456789") == std::string::npos || written == "true" || written == "false"
                   ? written
                   : "";
    if (written.starts_with('[')) {
        std::string list;
        for (std::size_t at = 1; at + 1 < written.size();) {
            const std::size_t end = std::min(written.find(", ", at), written.size() - 1);
            list += (list.empty() ? "" : ",") + in_quotes(std::string_view(written).substr(at, end - at));
            at = end + 2;
        }
        return "[" + list + "]";
    }
    return written.find(' ') == std::string::npos ? in_quotes(written) : "";
}

std::string leaf(const Setting& setting) {
    std::string description = setting.text;
    if (!setting.range.empty() && setting.type != "word")
        description += " (" + setting.range + ")";
    std::string out = "\"description\":" + in_quotes(description);
    if (const std::string value = value_json(setting, setting.fallback); !setting.fallback.empty() && !value.empty())
        out += ",\"default\":" + value;
    return out + ",\"anyOf\":[{" + setting.schema + R"(},{"$ref":"#/$defs/variable"},{"type":"null"}])";
}

std::string members(const Level& level) {
    std::string properties;
    std::string others = "false";
    for (const Level& key : level.below) {
        std::string value = key.below.empty() ? leaf(*key.setting) : members(key);
        if (!key.below.empty() && key.setting)
            value = "\"anyOf\":[{" + leaf(*key.setting) + "},{" + value + "}]";
        if (key.name == "*")
            others = "{" + value + "}";
        else
            properties += (properties.empty() ? "" : ",") + in_quotes(key.name) + ":{" + value + "}";
    }
    std::string out = R"("type":["object","null"],)";
    if (!properties.empty())
        out += "\"properties\":{" + properties + "},";
    return out + "\"additionalProperties\":" + others;
}

// The same JSON with a line for each member.
std::string indented(std::string_view json) {
    std::string out;
    std::size_t depth = 0;
    bool in_text = false;
    const auto new_line = [&] { out.append("\n").append(depth * 2, ' '); };
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (in_text || c == '"') {
            out += c;
            if (c == '\\')
                out += json[++i];
            else if (c == '"')
                in_text = !in_text;
            continue;
        }
        const bool opens = c == '{' || c == '[', closes = c == '}' || c == ']';
        depth -= closes ? 1u : 0u;
        if (closes)
            new_line();
        out += c;
        depth += opens ? 1u : 0u;
        if (opens || c == ',')
            new_line();
        else if (c == ':')
            out += ' ';
    }
    return out + '\n';
}

} // namespace

std::string json_schema() {
    return indented(R"({"$schema":"https://json-schema.org/draft/2020-12/schema","title":"Tickgate configuration",)" +
                    members(tree_of_settings()) +
                    R"(,"$defs":{"variable":{"type":"string","pattern":"^$|[$][{]",)"
                    R"("description":"Holds ${VAR}, ${VAR:-default} or ${VAR:?message}; or nothing: the default."}}})");
}

} // namespace tickgate::config
