// What a Tradier session said and sent, kept for assertions.
#pragma once

#include <tickgate/feed_session.hpp>

#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace tickgate::tradier_test {

struct SeenTrade {
    Trade trade; // its views are gone: see the strings
    std::string id, ref, exchange;
    std::vector<std::string> conditions;
};

class Recorder final : public EventSink, public Outbox {
public:
    void send(std::string_view text) override { sent.emplace_back(text); }
    void on_quote(const Quote& q) override {
        quotes.push_back(q);
        quotes.back().exchange = {};
        exchanges.emplace_back(q.exchange);
    }
    void on_trade(const Trade& t) override {
        SeenTrade seen{t, std::string(t.trade_id), std::string(t.ref_trade_id), std::string(t.exchange), {}};
        for (const auto c : t.conditions)
            seen.conditions.emplace_back(c);
        trades.push_back(std::move(seen));
    }
    void on_acknowledged(std::span<const Subscription> s) override { acked.insert(acked.end(), s.begin(), s.end()); }
    void on_unsubscribed(std::span<const Subscription> s) override { gone.insert(gone.end(), s.begin(), s.end()); }
    void on_rejected(Subscription s, error_code ec, std::string_view) override {
        rejected.push_back(s);
        reject_reason = ec;
    }
    void on_no_first_frame(Subscription s) override { silent.push_back(s); }
    void on_skipped(Skip why, std::string_view what) override {
        ++skipped[static_cast<std::size_t>(why)];
        last_skip = what;
    }
    std::size_t skips(Skip why) const { return skipped[static_cast<std::size_t>(why)]; }

    std::vector<std::string> sent, exchanges;
    std::vector<Quote> quotes;
    std::vector<SeenTrade> trades;
    std::vector<Subscription> acked, gone, rejected, silent;
    error_code reject_reason;
    std::string last_skip;
    std::size_t skipped[skip_count] = {};
};

// A text with exactly the padding that the contract promises behind it.
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
    std::ifstream file(TICKGATE_FIXTURES "/tradier/" + name, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

} // namespace tickgate::tradier_test
