#include "ops/suggest.hpp"

#include <algorithm>
#include <utility>

namespace tickgate::ops {

namespace {

std::string plain(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 64))
        if (std::string_view("-_./: ").find(c) == std::string_view::npos)
            out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return out;
}

std::size_t edits(const std::string& a, const std::string& b) {
    std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

} // namespace

std::size_t symbol_distance(std::string_view a, std::string_view b) { return edits(plain(a), plain(b)); }

std::vector<std::string> nearest_symbols(
    std::string_view wanted, const std::vector<std::string>& choices, std::size_t most) {
    const auto word = plain(wanted);
    const auto limit = std::max<std::size_t>(1, std::min<std::size_t>(3, word.size() / 3));
    std::vector<std::pair<std::size_t, std::string>> near;
    for (const auto& choice : choices) {
        const auto name = plain(std::string_view(choice).substr(choice.find(':') + 1));
        const bool begins = word.size() >= 2 && (name.starts_with(word) || word.starts_with(name)) && !name.empty();
        const auto distance = edits(word, name);
        if (begins || distance <= limit)
            near.emplace_back(begins ? std::min<std::size_t>(distance, 2) : distance, choice);
    }
    std::sort(near.begin(), near.end());
    near.erase(std::unique(near.begin(), near.end()), near.end());
    std::vector<std::string> out;
    for (auto& [distance, name] : near)
        if (out.size() < most)
            out.push_back(std::move(name));
    return out;
}

} // namespace tickgate::ops
