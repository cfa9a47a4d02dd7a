// What a session said and sent, kept for assertions.
#pragma once

#include <tickgate/feed_session.hpp>

#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace tickgate::test {

class Recorder final : public EventSink, public Outbox {
public:
    void send(std::string_view text) override { sent.emplace_back(text); }
    void on_quote(const Quote& q) override { quotes.push_back(q); }
    void on_trade(const Trade& t) override {
        trades.push_back(t);
        trade_ids.emplace_back(t.trade_id);
    }
    void on_bar(const Bar& b) override { bars.push_back(b); }
    void on_acknowledged(std::span<const Subscription> s) override { acked.insert(acked.end(), s.begin(), s.end()); }
    void on_unsubscribed(std::span<const Subscription> s) override { gone.insert(gone.end(), s.begin(), s.end()); }
    void on_rejected(Subscription s, error_code ec, std::string_view text) override {
        rejected.push_back(s);
        reject_reason = ec;
        reject_text = text;
    }
    void on_no_first_frame(Subscription s) override { silent.push_back(s); }
    void on_gap(Subscription, std::optional<std::uint64_t> n) override { gaps.push_back(n.value_or(0)); }
    void on_skipped(Skip why, std::string_view) override { ++skipped[static_cast<std::size_t>(why)]; }
    std::size_t skips(Skip why) const { return skipped[static_cast<std::size_t>(why)]; }

    std::vector<std::string> sent;
    std::vector<Quote> quotes;
    std::vector<Trade> trades;
    std::vector<std::string> trade_ids;
    std::vector<Bar> bars;
    std::vector<Subscription> acked, gone, rejected, silent;
    std::vector<std::uint64_t> gaps;
    error_code reject_reason;
    std::string reject_text;
    std::size_t skipped[skip_count] = {};
};

// A text with the padding that the contract promises behind it.
class Padded {
public:
    explicit Padded(std::string_view text) : bytes_(text.size() + 64, '\0'), size_(text.size()) {
        std::memcpy(bytes_.data(), text.data(), text.size());
    }
    std::string_view view() const { return {bytes_.data(), size_}; }

private:
    std::string bytes_;
    std::size_t size_;
};

inline std::vector<std::string> lines_of(const std::string& path) {
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);)
        if (!line.empty())
            lines.push_back(line);
    return lines;
}

} // namespace tickgate::test
