// A venue without sockets: fake ports, requests by hand, a clock that is moved.
#pragma once

#include "oanda/venue/venue.hpp"

#include "oanda/lines.hpp"
#include "oanda/parse.hpp"
#include "oanda/times.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace tickgate::oanda_venue {

using namespace std::chrono_literals;

// What a client was sent.
class FakePort final : public kit::ClientPort {
public:
    FakePort(std::uint64_t id, std::string peer, Moment opened) : peer_(std::move(peer)), id_(id), opened_(opened) {}
    void send_data(std::string_view text) override { take(text); }
    void send_answer(std::string_view text) override { take(text); }
    void send_heartbeat(std::string_view text) override { take(text); }
    void send_control(std::string_view text) override { take(text); }
    void send_frame(std::string_view, std::string_view text) override { take(text); }
    void ping(std::string_view) override {}
    void close(std::uint16_t, std::string_view) override { closed = true; }
    void drop(bool) override { closed = true; }
    const std::string& peer() const noexcept override { return peer_; }
    std::uint64_t id() const noexcept override { return id_; }
    Moment opened() const noexcept override { return opened_; }
    bool closing() const noexcept override { return closed; }

    // Whole lines so far.
    std::vector<std::string> lines() const {
        std::vector<std::string> out;
        for (std::size_t at = 0; at < body.size();) {
            const auto end = body.find('\n', at);
            if (end == std::string::npos)
                break;
            out.push_back(body.substr(at, end - at));
            at = end + 1;
        }
        return out;
    }
    std::size_t count(std::string_view part) const {
        const auto all = lines();
        return static_cast<std::size_t>(std::count_if(
            all.begin(), all.end(), [&](const std::string& line) { return line.find(part) != std::string::npos; }));
    }

    std::string body;
    std::vector<std::string> chunks;
    bool closed = false;

private:
    void take(std::string_view text) {
        body += text;
        chunks.emplace_back(text);
    }
    std::string peer_;
    std::uint64_t id_;
    Moment opened_;
};

class Venue : public ::testing::Test {
protected:
    Venue() {
        settings.symbols = {"EUR_USD", "USD_JPY", "XAU_USD", "SPX500_USD"};
        settings.rate = 40;
    }
    void start(std::optional<kit::Replay> replay = std::nullopt) {
        std::string problem;
        venue = OandaVenue::make(settings, options, board, std::move(replay), now, problem);
        ASSERT_TRUE(venue) << problem;
    }
    net::HttpRequest get(const std::string& path, const std::string& query = {}, const std::string& token = "test") {
        net::HttpRequest r;
        r.method = "GET";
        r.path = path;
        r.query = query;
        r.peer = "127.0.0.1:" + std::to_string(++port_number);
        if (!token.empty())
            r.headers.emplace_back("authorization", "Bearer " + token);
        return r;
    }
    kit::Admission ask(const std::string& path, const std::string& query = {}, const std::string& token = "test") {
        return venue->request(get(path, query, token), false, now);
    }
    std::string account_path(const std::string& rest) const { return "/v3/accounts/101-004-1000001-001" + rest; }

    struct Stream {
        std::unique_ptr<FakePort> port;
        std::unique_ptr<kit::VenueClient> client;
    };
    // Opens a stream; the admission's status if it was refused.
    int open(const std::string& instruments, const std::string& more = {}) {
        const auto request = get(account_path("/pricing/stream"), "instruments=" + instruments + more);
        const auto admission = venue->request(request, false, now);
        if (admission.kind != kit::Admission::Kind::stream)
            return admission.response.status;
        Stream stream;
        stream.port = std::make_unique<FakePort>(streams.size() + 1, request.peer, now);
        stream.client = venue->open(request, *stream.port, now);
        streams.push_back(std::move(stream));
        return 200;
    }
    FakePort& port(std::size_t i) { return *streams[i].port; }
    void advance(std::chrono::milliseconds by) {
        for (auto left = by; left > 0ms; left -= 20ms) {
            now.mono += 20ms;
            now.wall += 20ms;
            for (const auto& fault : board.advance(now.mono))
                venue->carry_out(fault, now);
            venue->advance(now);
            for (auto& stream : streams)
                if (!stream.port->closed)
                    stream.client->tick(now);
        }
    }
    void fault(std::string_view text) {
        std::string problem;
        auto parsed = kit::parse_fault(text, problem);
        ASSERT_TRUE(parsed.has_value()) << problem;
        board.add(std::move(*parsed), now.mono);
        advance(20ms);
    }

    Moment now{MonoTime(1h), *oanda::parse_time("2026-03-10T10:00:00Z")};
    kit::VenueSettings settings;
    OandaOptions options;
    kit::FaultBoard board;
    std::unique_ptr<OandaVenue> venue;
    std::vector<Stream> streams; // die before the venue
    int port_number = 50000;
};

} // namespace tickgate::oanda_venue
