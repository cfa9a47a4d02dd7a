// What a session said and sent, kept for assertions: texts are copied, so that they outlive the frame.
#pragma once

#include <tickgate/feed_session.hpp>

#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace tickgate::massive::test {

class Recorder final : public EventSink, public Outbox {
public:
    void send(std::string_view text) override { sent.emplace_back(text); }
    void on_quote(const Quote& q) override {
        quotes.push_back(q);
        quotes.back().exchange = keep(q.exchange);
    }
    void on_source_quote(const Quote& q) override { values.push_back(q); }
    void on_trade(const Trade& t) override {
        trades.push_back(t);
        auto& kept = trades.back();
        kept.trade_id = keep(t.trade_id);
        kept.exchange = keep(t.exchange);
        conditions.emplace_back();
        for (const auto c : t.conditions)
            conditions.back().emplace_back(c);
        kept.conditions = {};
    }
    void on_bar(const Bar& b) override { bars.push_back(b); }
    void on_notice(const MarketNotice& n) override { notices.push_back(n); }
    void on_acknowledged(std::span<const Subscription> s) override { acked.insert(acked.end(), s.begin(), s.end()); }
    void on_unsubscribed(std::span<const Subscription> s) override { gone.insert(gone.end(), s.begin(), s.end()); }
    void on_rejected(Subscription s, error_code ec, std::string_view text) override {
        rejected.push_back(s);
        reject_reason = ec;
        reject_text = text;
    }
    void on_no_first_frame(Subscription s) override { silent.push_back(s); }
    void on_skipped(Skip why, std::string_view) override { ++skipped[static_cast<std::size_t>(why)]; }
    std::size_t skips(Skip why) const { return skipped[static_cast<std::size_t>(why)]; }
    std::size_t all_skips() const {
        std::size_t sum = 0;
        for (const auto n : skipped)
            sum += n;
        return sum;
    }

    std::vector<std::string> sent;
    std::vector<Quote> quotes, values;
    std::vector<Trade> trades;
    std::vector<std::vector<std::string>> conditions;
    std::vector<Bar> bars;
    std::vector<MarketNotice> notices;
    std::vector<Subscription> acked, gone, rejected, silent;
    error_code reject_reason;
    std::string reject_text;
    std::size_t skipped[skip_count] = {};

private:
    std::string_view keep(std::string_view text) { return texts_.emplace_back(text); }
    std::deque<std::string> texts_;
};

// A text with the padding that the contract promises behind it, in memory of exactly that size.
class Padded {
public:
    explicit Padded(std::string_view text) : bytes_(text.size() + 64, '\0'), size_(text.size()) {
        std::memcpy(bytes_.data(), text.data(), text.size());
    }
    std::string_view view() const { return {bytes_.data(), size_}; }

private:
    std::vector<char> bytes_;
    std::size_t size_;
};

inline std::string fixture(const std::string& name) {
    std::ifstream file(std::string(TICKGATE_FIXTURES "/massive/") + name);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline std::vector<std::string> lines_of(const std::string& name) {
    std::ifstream file(std::string(TICKGATE_FIXTURES "/massive/") + name);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);)
        if (!line.empty())
            lines.push_back(line);
    return lines;
}

// `{"channel":"/stocks/T","frame":[…]}` and `{"dir":"in","frame":[…]}`: the first member's value and the frame.
inline std::pair<std::string, std::string> split_line(const std::string& line) {
    const auto colon = line.find(':');
    const auto name_end = line.find('"', colon + 2);
    const auto frame = line.find("\"frame\":") + 8;
    return {line.substr(colon + 2, name_end - colon - 2), line.substr(frame, line.size() - frame - 1)};
}

} // namespace tickgate::massive::test
