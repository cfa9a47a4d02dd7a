#include "support/options.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

namespace tickgate::bench {

Options::Options(int argc, char** argv, std::string_view summary, std::vector<OptionSpec> specs)
    : specs_(std::move(specs)) {
    for (const OptionSpec& spec : specs_)
        values_.emplace(spec.name, spec.fallback);
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--help") {
            print_help(argv[0], summary);
            std::exit(0);
        }
        const auto spec = std::find_if(specs_.begin(), specs_.end(), [&](const OptionSpec& s) {
            return word.size() > 2 && word.substr(0, 2) == "--" && word.substr(2) == s.name;
        });
        if (spec == specs_.end())
            throw UsageError("unknown option " + std::string(word));
        if (spec->argument.empty()) {
            values_[std::string(spec->name)] = "yes";
        } else {
            if (++i == argc)
                throw UsageError(std::string(word) + " needs an argument");
            values_[std::string(spec->name)] = argv[i];
        }
    }
}

bool Options::flag(std::string_view name) const { return text(name) == "yes"; }

const std::string& Options::text(std::string_view name) const {
    const auto found = values_.find(name);
    if (found == values_.end())
        throw std::logic_error("option not declared: " + std::string(name));
    return found->second;
}

std::int64_t Options::number(std::string_view name) const {
    const std::string& value = text(name);
    std::int64_t out = 0;
    const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), out);
    if (ec != std::errc() || end != value.data() + value.size() || out < 0)
        throw UsageError("--" + std::string(name) + ": not a count: " + value);
    return out;
}

std::uint16_t Options::port(std::string_view name) const {
    const std::int64_t value = number(name);
    if (value > 65535)
        throw UsageError("--" + std::string(name) + ": not a port: " + text(name));
    return static_cast<std::uint16_t>(value);
}

void Options::print_help(std::string_view program, std::string_view summary) const {
    std::printf("%.*s: %.*s\n", static_cast<int>(program.size()), program.data(), static_cast<int>(summary.size()),
        summary.data());
    for (const OptionSpec& spec : specs_) {
        std::string left = "  --" + std::string(spec.name);
        if (!spec.argument.empty())
            left += " " + std::string(spec.argument);
        std::printf("%-28s %.*s", left.c_str(), static_cast<int>(spec.help.size()), spec.help.data());
        if (!spec.fallback.empty())
            std::printf(" (default %.*s)", static_cast<int>(spec.fallback.size()), spec.fallback.data());
        std::printf("\n");
    }
}

int run_program(int argc, char** argv, int (*body)(int, char**)) {
    try {
        return body(argc, argv);
    } catch (const UsageError& error) {
        std::fprintf(stderr, "%s: %s (--help lists the options)\n", argv[0], error.what());
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
        return 1;
    }
}

} // namespace tickgate::bench
