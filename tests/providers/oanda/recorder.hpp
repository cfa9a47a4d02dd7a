// What a session said, kept for assertions; fixtures; text with the padding of the contract.
#pragma once

#include <tickgate/feed_session.hpp>

#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace tickgate::test {

class Recorder final : public EventSink, public Outbox {
public:
    void send(std::string_view text) override { sent.emplace_back(text); }
    void on_quote(const Quote& q) override { quotes.push_back(q); }
    void on_notice(const MarketNotice& n) override {
        notices.push_back(n);
        notice_texts.emplace_back(n.text);
    }
    void on_acknowledged(std::span<const Subscription> s) override { acked.insert(acked.end(), s.begin(), s.end()); }
    void on_unsubscribed(std::span<const Subscription> s) override { gone.insert(gone.end(), s.begin(), s.end()); }
    void on_rejected(Subscription s, error_code ec, std::string_view) override {
        rejected.push_back(s);
        reject_reason = ec;
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
    std::vector<Quote> quotes;
    std::vector<MarketNotice> notices;
    std::vector<std::string> notice_texts;
    std::vector<Subscription> acked, gone, rejected, silent;
    error_code reject_reason;
    std::size_t skipped[skip_count] = {};
};

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

inline std::string fixture(const std::string& name) {
    std::ifstream file(TICKGATE_FIXTURES "/oanda/" + name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

inline std::vector<std::string> lines_of(const std::string& name) {
    std::istringstream text(fixture(name));
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);)
        if (!line.empty())
            lines.push_back(line);
    return lines;
}

} // namespace tickgate::test
