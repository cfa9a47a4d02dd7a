#include "config/suggest.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace tickgate::config {

namespace {

constexpr std::size_t longest_word = 64;

// Levenshtein's distance with swaps of neighbours as one edit.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        next[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = lower(a[i - 1]) == lower(b[j - 1]);
            next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (same ? 0u : 1u)});
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
                next[j] = std::min(next[j], before[j - 2] + 1);
        }
        before.swap(row);
        row.swap(next);
    }
    return row.back();
}

} // namespace

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& choices) {
    if (word.empty() || word.size() > longest_word)
        return {};
    const std::string* best = nullptr;
    std::size_t best_distance = 0;
    for (const std::string& choice : choices) {
        const std::size_t d = distance(word, choice);
        if (best == nullptr || d < best_distance) {
            best = &choice;
            best_distance = d;
        }
    }
    if (best == nullptr || best_distance > std::max<std::size_t>(1, std::max(word.size(), best->size()) / 3))
        return {};
    return *best;
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
    std::string out;
    for (const std::string& word : words) {
        if (!out.empty())
            out += separator;
        out += word;
    }
    return out;
}

std::string shown(std::string_view word) {
    constexpr std::size_t limit = 60;
    std::string out(word);
    if (const std::size_t at = out.rfind('@'); at != std::string::npos) {
        const std::size_t scheme = out.find("://");
        const std::size_t from = scheme != std::string::npos && scheme + 3 <= at ? scheme + 3 : 0;
        out.replace(from, at - from, "***");
    }
    if (const std::size_t query = out.find('?'); query != std::string::npos && out.find("://") < query)
        out.replace(query + 1, std::string::npos, "***");
    for (char& c : out)
        if (static_cast<unsigned char>(c) < 0x20)
            c = ' ';
    if (out.size() > limit) {
        std::size_t end = limit;
        while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0u) == 0x80u)
            --end; // not inside a UTF-8 sequence
        out.resize(end);
        out += "…";
    }
    return "`" + out + "`";
}

} // namespace tickgate::config
