#include "cli/tail_pattern.hpp"

#include "config/suggest.hpp"

#include <tickgate/instrument.hpp>

#include <algorithm>
#include <array>

namespace tickgate::cli {

namespace {

constexpr std::array<std::string_view, 3> kinds{"quote", "trade", "bar"};
constexpr std::size_t longest = 256;

bool is_glob(std::string_view text) noexcept { return text.find_first_of("*?[\\") != std::string_view::npos; }

bool is_kind(std::string_view word) noexcept { return std::find(kinds.begin(), kinds.end(), word) != kinds.end(); }

bool printable(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::vector<std::string> class_names() {
    std::vector<std::string> names;
    for (int i = 0; i < asset_class_count; ++i)
        names.emplace_back(to_string(static_cast<AssetClass>(i)));
    return names;
}

std::vector<std::string> known_words() {
    auto words = class_names();
    words.insert(words.end(), kinds.begin(), kinds.end());
    words.emplace_back("event");
    words.emplace_back("heartbeat");
    return words;
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> words;
    for (;;) {
        const auto colon = text.find(':');
        words.emplace_back(text.substr(0, colon));
        if (colon == std::string_view::npos)
            return words;
        text.remove_prefix(colon + 1);
    }
}

class Reader {
public:
    Reader(std::string_view text, std::string_view prefix, std::string& problem)
        : text_(text), prefix_(prefix), problem_(problem), words_(split(text)) {}

    result<TailPattern> read() {
        if (text_.empty() || text_ == "*")
            return data("*");
        if (text_.size() > longest || !printable(text_))
            return refuse("a pattern has 1 to 256 visible characters");
        const std::string& first = words_.front();
        if (words_.size() > 1 && first == prefix_)
            return one(std::string(text_), prefix_);
        if (is_kind(first))
            return kind();
        if (first == "event")
            return one(prefix_ + ":" + (words_.size() == 1 ? "event:*" : std::string(text_)), prefix_);
        if (text_ == "heartbeat")
            return one(prefix_ + ":heartbeat", prefix_);
        if (words_.size() == 1)
            return word();
        if (words_.size() == 2)
            return instrument();
        return one(std::string(text_), is_glob(first) ? std::string() : first);
    }

private:
    static result<TailPattern> one(std::string channel, std::string prefix) {
        TailPattern pattern;
        pattern.channels.push_back(std::move(channel));
        pattern.prefix = std::move(prefix);
        return pattern;
    }

    // The three kinds of data of `what`, `{class}:{symbol}`.
    result<TailPattern> data(const std::string& what) const {
        TailPattern pattern;
        pattern.prefix = prefix_;
        pattern.channels = {prefix_ + ":quote:" + what, prefix_ + ":trade:" + what,
            prefix_ + (what.starts_with('*') ? ":bar:" : ":bar:*:") + what};
        return pattern;
    }

    result<TailPattern> kind() const {
        std::string channel = prefix_ + ":" + std::string(text_);
        const std::size_t whole = words_.front() == "bar" ? 4 : 3; // kind, timeframe, class, symbol
        if (words_.size() < whole && words_.back() != "*")
            channel += ":*";
        return one(std::move(channel), prefix_);
    }

    result<TailPattern> word() const {
        const std::string& w = words_.front();
        if (asset_class_from(w))
            return data(w + ":*");
        const bool lower = std::all_of(w.begin(), w.end(), [](char c) { return c >= 'a' && c <= 'z'; });
        if (const auto near = config::nearest(w, known_words()); lower && near)
            return refuse("'" + w + "' is not known; did you mean '" + *near + "'?");
        if (!is_symbol(w) && !is_glob(w))
            return refuse(config::shown(w) + " is no symbol: 1 to 64 of A-Z a-z 0-9 . _ -");
        return data("*:" + w);
    }

    result<TailPattern> instrument() const {
        const std::string& name = words_[0];
        const std::string& symbol = words_[1];
        if (!asset_class_from(name) && !is_glob(name)) {
            std::string what = config::shown(text_) + " is neither class:symbol nor a channel of '" + prefix_ +
                               "'; classes are " + config::joined(class_names());
            auto choices = known_words();
            choices.push_back(prefix_);
            if (const auto near = config::nearest(name, choices))
                what += "; did you mean '" + *near + ":" + symbol + "'?";
            return refuse(std::move(what));
        }
        if (!is_symbol(symbol) && !is_glob(symbol))
            return refuse(config::shown(symbol) + " is no symbol: 1 to 64 of A-Z a-z 0-9 . _ -");
        return data(std::string(text_));
    }

    result<TailPattern> refuse(std::string why) const {
        problem_ = std::move(why);
        return errc::malformed_symbol;
    }

    std::string_view text_;
    std::string prefix_;
    std::string& problem_;
    std::vector<std::string> words_;
};

} // namespace

result<TailPattern> parse_tail_pattern(std::string_view text, std::string_view prefix, std::string& problem) {
    return Reader(text, prefix, problem).read();
}

} // namespace tickgate::cli
