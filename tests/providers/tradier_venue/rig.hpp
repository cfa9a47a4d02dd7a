// The venue without sockets: requests by hand, streams into strings.
#pragma once

#include "tradier/venue/venue.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace tickgate::tradier_venue {

using namespace std::chrono_literals;

class FakePort final : public kit::ClientPort {
public:
    void send_data(std::string_view text) override { data.emplace_back(text); }
    void send_answer(std::string_view text) override { control.emplace_back(text); }
    void send_heartbeat(std::string_view text) override { control.emplace_back(text); }
    void send_control(std::string_view text) override { control.emplace_back(text); }
    void send_frame(std::string_view, std::string_view text) override { data.emplace_back(text); }
    void ping(std::string_view) override {}
    void close(std::uint16_t, std::string_view) override { closed = true; }
    void drop(bool) override { closed = true; }
    const std::string& peer() const noexcept override { return name; }
    std::uint64_t id() const noexcept override { return 1; }
    Moment opened() const noexcept override { return {}; }
    bool closing() const noexcept override { return closed; }

    std::string all() const {
        std::string out;
        for (const auto& text : data)
            out += text;
        return out;
    }
    std::vector<std::string> data, control;
    bool closed = false;
    std::string name = "127.0.0.1:5000";
};

class VenueRig : public ::testing::Test {
protected:
    VenueRig() {
        settings.symbols = {"SPY", "BRK/B", "SPX", "SPY270115C00480000"};
        settings.rate = 0;
    }
    void make(std::optional<kit::Replay> replay = std::nullopt) {
        std::string problem;
        venue = TradierVenue::make(settings, options, board, std::move(replay), now, problem);
        ASSERT_TRUE(venue) << problem;
    }
    net::HttpRequest http(std::string method, std::string target, std::string body = {}, std::string token = "test") {
        net::HttpRequest request;
        request.method = std::move(method);
        const auto question = target.find('?');
        request.path = target.substr(0, question);
        if (question != std::string::npos)
            request.query = target.substr(question + 1);
        request.body = std::move(body);
        request.headers = {{"accept", "application/json"}, {"authorization", "Bearer " + token}, {"host", "venue:1"}};
        return request;
    }
    net::HttpResponse ask(std::string method, std::string target, std::string body = {}, std::string token = "test") {
        if (!venue)
            make();
        const auto admission =
            venue->request(http(std::move(method), std::move(target), std::move(body), std::move(token)), false, now);
        EXPECT_EQ(admission.kind, kit::Admission::Kind::answer);
        return admission.response;
    }
    net::HttpResponse get(std::string target) { return ask("GET", std::move(target)); }
    std::string session_id() {
        const auto body = ask("POST", "/v1/markets/events/session").body;
        const std::string key = R"("sessionid":")";
        const auto at = body.find(key) + key.size();
        return body.substr(at, body.find('"', at) - at);
    }
    std::unique_ptr<kit::VenueClient> websocket(FakePort& port) {
        if (!venue)
            make();
        auto request = http("GET", "/v1/markets/events");
        request.headers.emplace_back("sec-websocket-key", "x");
        EXPECT_EQ(venue->request(request, true, now).kind, kit::Admission::Kind::websocket);
        return venue->open(request, port, now);
    }
    std::string list(const std::string& symbols, const std::string& id,
        const std::string& filter = R"(["quote","timesale"])", bool line_break = true) {
        return R"({"symbols":[)" + symbols + R"(],"filter":)" + filter + R"(,"sessionid":")" + id +
               R"(","linebreak":)" + (line_break ? "true" : "false") + R"(,"validOnly":true,"advancedDetails":false})";
    }
    void advance(std::chrono::milliseconds by) {
        now.mono += by;
        now.wall += by;
        for (const auto& fault : board.advance(now.mono))
            venue->carry_out(fault, now);
        venue->advance(now);
    }
    void fault(std::string_view text) {
        std::string problem;
        board.add(*kit::parse_fault(text, problem), now.mono);
        for (const auto& due : board.advance(now.mono))
            venue->carry_out(due, now);
    }

    Moment now{MonoTime(10h), UnixNanos(1798812000s)}; // 2027-01-01 09:00 New York
    kit::VenueSettings settings;
    TradierOptions options;
    kit::FaultBoard board;
    std::unique_ptr<TradierVenue> venue;
};

} // namespace tickgate::tradier_venue
