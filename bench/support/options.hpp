// Command line of the benchmark programs: `--name value` and `--flag`.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::bench {

struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// One option as the help text shows it. An empty `argument` makes it a flag.
struct OptionSpec {
    std::string_view name;
    std::string_view argument;
    std::string_view fallback; // value when the option is absent
    std::string_view help;
};

class Options {
public:
    // Throws UsageError for unknown options and missing arguments. `--help` prints the options and exits with 0.
    Options(int argc, char** argv, std::string_view summary, std::vector<OptionSpec> specs);

    [[nodiscard]] bool flag(std::string_view name) const;
    [[nodiscard]] const std::string& text(std::string_view name) const;
    // Non-negative integer; throws UsageError for anything else.
    [[nodiscard]] std::int64_t number(std::string_view name) const;
    [[nodiscard]] std::uint16_t port(std::string_view name) const;

private:
    void print_help(std::string_view program, std::string_view summary) const;

    std::vector<OptionSpec> specs_;
    std::map<std::string, std::string, std::less<>> values_;
};

// Runs `body(argc, argv)`: 2 for a UsageError, 1 for any other exception, each with one line on stderr.
int run_program(int argc, char** argv, int (*body)(int, char**));

} // namespace tickgate::bench
