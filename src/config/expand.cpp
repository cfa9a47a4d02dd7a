#include "config/expand.hpp"

#include <algorithm>

namespace tickgate::config {

namespace {

bool is_name(std::string_view s) {
    const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
    return !s.empty() && letter(s.front()) &&
           std::ranges::all_of(s, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// What stands between the braces.
Expansion expand_reference(std::string_view reference, const EnvironmentLookup& environment) {
    const std::size_t colon = reference.find(':');
    const std::string name(reference.substr(0, colon));
    const std::string_view rest = colon == std::string_view::npos ? std::string_view{} : reference.substr(colon);
    if (!is_name(name) || (!rest.empty() && !rest.starts_with(":-") && !rest.starts_with(":?")))
        return {{}, "a variable is written ${VAR}, ${VAR:-default} or ${VAR:?message}; $$ is a dollar sign"};

    const std::optional<std::string> value = environment(name);
    if (rest.empty())
        return value ? Expansion{*value, {}}
                     : Expansion{{}, "environment variable " + name + " is not set and there is no default"};
    if (value && !value->empty())
        return {*value, {}};
    const std::string argument(rest.substr(2));
    if (rest[1] == '-')
        return {argument, {}};
    return {{}, "environment variable " + name + " is not set: " + (argument.empty() ? "it is needed" : argument)};
}

} // namespace

Expansion expand(std::string_view raw, const EnvironmentLookup& environment) {
    Expansion out;
    while (!raw.empty()) {
        const std::size_t dollar = raw.find('$');
        out.text += raw.substr(0, dollar);
        if (dollar == std::string_view::npos)
            break;
        raw.remove_prefix(dollar);
        if (raw.starts_with("$$")) {
            out.text += '$';
            raw.remove_prefix(2);
        } else if (raw.starts_with("${")) {
            const std::size_t end = raw.find('}');
            if (end == std::string_view::npos)
                return {{}, "`${` without `}`; $$ is a dollar sign"};
            const Expansion part = expand_reference(raw.substr(2, end - 2), environment);
            if (!part.problem.empty())
                return part;
            out.text += part.text;
            raw.remove_prefix(end + 1);
        } else {
            out.text += '$';
            raw.remove_prefix(1);
        }
    }
    return out;
}

} // namespace tickgate::config
