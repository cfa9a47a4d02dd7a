// Any text is a configuration or a list of problems; nothing is thrown, read or waited for.
#include "config/config.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tickgate::config;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto no_variable = [](std::string_view) { return std::optional<std::string>(); };
    const auto no_file = [](const std::string&, std::size_t) { return FileText{"no file", {}, false}; };
    const Loaded loaded = load_text(text, "fuzz.yaml", no_variable, no_file);
    if (loaded.config.has_value() != loaded.problems.empty())
        std::abort();
    for (const Problem& problem : loaded.problems)
        if (problem.to_string().empty())
            std::abort();
    return 0;
}
