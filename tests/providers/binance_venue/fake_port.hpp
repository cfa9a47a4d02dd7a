// A client port that writes down what it is told.
#pragma once

#include "binance/venue/engine.hpp"

#include <string>
#include <vector>

namespace tickgate::binance_venue {

struct FakePort final : ClientPort {
    void send_text(std::string_view text) override { texts.emplace_back(text); }
    void send_frame(std::string_view, std::string_view text) override { frames.emplace_back(text); }
    void send_ping(std::string_view payload) override { pings.emplace_back(payload); }
    void send_bytes(std::string_view bytes) override { garbage.emplace_back(bytes); }
    void close(std::uint16_t code, std::string_view reason) override {
        close_code = code;
        close_reason = reason;
    }
    void drop(bool reset) override { dropped = reset ? "reset" : "drop"; }
    void freeze(bool on) override { frozen = on; }

    std::vector<std::string> texts, frames, pings, garbage;
    std::uint16_t close_code = 0;
    std::string close_reason, dropped;
    bool frozen = false;
};

// Options for long stories with clients that never answer a ping.
inline VenueOptions patient(VenueOptions options = {}) {
    options.pong_timeout = std::chrono::hours(100);
    return options;
}

// A venue with a manual clock.
struct VenueFixture {
    explicit VenueFixture(VenueOptions options = {}, std::optional<kit::Replay> replay = std::nullopt)
        : engine(std::move(options), std::move(replay), now) {}

    // 2025-11-21 00:00:00 UTC plus a bit.
    Moment now{MonoTime(std::chrono::hours(10)),
        UnixNanos(std::chrono::seconds(1'763'683'200) + std::chrono::milliseconds(250))};
    VenueEngine engine;

    void step(std::chrono::nanoseconds by) {
        now.mono += by;
        now.wall += by;
        engine.advance(now);
    }
    void pass(std::chrono::milliseconds time, std::chrono::milliseconds by = std::chrono::milliseconds(20)) {
        for (; time.count() > 0; time -= by)
            step(std::min(by, time));
    }
    VenueSession& connect(FakePort& port, std::string_view path, std::string_view query = {}) {
        auto admission = engine.admit(path, query, "127.0.0.1", now);
        if (admission.status != 101)
            throw std::runtime_error("refused with " + std::to_string(admission.status));
        return engine.open(std::move(admission.request), "127.0.0.1:5000", port, now);
    }
    void fault(std::string_view text) {
        std::string problem;
        auto parsed = kit::parse_fault(text, problem);
        if (!parsed)
            throw std::runtime_error(problem);
        engine.fault(std::move(*parsed), now);
    }
};

} // namespace tickgate::binance_venue
