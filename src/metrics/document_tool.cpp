// Compares docs/metrics.md with the table, or writes it.
#include "metrics/document.hpp"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace {

constexpr const char* usage =
    "usage: tickgate_metrics_document [--update] [FILE]\n"
    "Tells whether FILE (docs/metrics.md) is what the table of metrics says; with --update writes it.\n";

// The first line that differs, counted from 1.
std::size_t first_difference(std::string_view a, std::string_view b) {
    std::size_t line = 1;
    for (std::size_t i = 0; i < a.size() && i < b.size() && a[i] == b[i]; ++i)
        line += a[i] == '\n';
    return line;
}

} // namespace

int main(int argc, char** argv) {
    std::string file = TICKGATE_SOURCE "/docs/metrics.md";
    bool update = false;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--update") {
            update = true;
        } else if (word.starts_with('-')) {
            const bool asked = word == "--help" || word == "-h";
            std::fputs(usage, asked ? stdout : stderr);
            return asked ? 0 : 2;
        } else {
            file = word;
        }
    }
    const auto text = tickgate::metrics::document();
    if (update) {
        std::ofstream out(file, std::ios::binary);
        out << text;
        out.flush();
        if (!out)
            std::fprintf(stderr, "cannot write %s\n", file.c_str());
        return out ? 0 : 1;
    }
    std::ifstream in(file, std::ios::binary);
    const std::string found{std::istreambuf_iterator<char>(in), {}};
    if (found == text)
        return 0;
    std::fprintf(stderr, "%s:%zu: is not what the table of metrics says; run tickgate_metrics_document --update\n",
        file.c_str(), first_difference(found, text));
    return 1;
}
