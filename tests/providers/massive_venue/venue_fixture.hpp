// A simulated venue without sockets: a port that writes down what it is told, and a manual clock.
#pragma once

#include "massive/venue/venue.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace tickgate::massive_venue {

namespace json = boost::json;

struct FakePort final : kit::ClientPort {
    void send_data(std::string_view text) override { take(text); }
    void send_answer(std::string_view text) override {
        if (!faults.has(kit::FaultKind::no_ack))
            take(text);
    }
    void send_heartbeat(std::string_view text) override { take(text); }
    void send_control(std::string_view text) override { take(text); }
    void send_frame(std::string_view, std::string_view text) override { take(text); }
    void ping(std::string_view) override {}
    void close(std::uint16_t code, std::string_view) override { end = "close " + std::to_string(code); }
    void drop(bool reset) override { end = reset ? "reset" : "drop"; }
    const std::string& peer() const noexcept override { return address; }
    std::uint64_t id() const noexcept override { return 1; }
    Moment opened() const noexcept override { return began; }
    bool closing() const noexcept override { return !end.empty(); }

    FakePort(const kit::FaultBoard& board, Moment at) : faults(board), began(at) {}
    void take(std::string_view text) {
        if (end.empty())
            frames.emplace_back(text);
    }
    // All objects of all frames so far, then forgets them.
    std::vector<json::object> objects() {
        std::vector<json::object> out;
        for (const auto& frame : frames) {
            const auto document = json::parse(frame);
            for (const auto& item : document.as_array())
                out.push_back(item.as_object());
        }
        frames.clear();
        return out;
    }

    const kit::FaultBoard& faults;
    Moment began;
    std::string address = "127.0.0.1:5000";
    std::vector<std::string> frames;
    std::string end;
};

struct Client {
    std::unique_ptr<FakePort> port;
    std::unique_ptr<kit::VenueClient> brain; // gone before the port
};

struct VenueFixture : testing::Test {
    // Friday 2025-11-21 15:00:00.25 UTC: New York trades.
    Moment now{MonoTime(std::chrono::hours(10)),
        UnixNanos(std::chrono::seconds(1'763'737'200) + std::chrono::milliseconds(250))};
    kit::FaultBoard faults;
    MassiveOptions options;
    std::optional<kit::Replay> replay;
    std::unique_ptr<MassiveVenue> venue;

    void start() { venue = std::make_unique<MassiveVenue>(options, faults, std::move(replay), now); }
    void step(std::chrono::nanoseconds by) {
        now.mono += by;
        now.wall += by;
        for (const auto& fault : faults.advance(now.mono))
            venue->carry_out(fault, now);
        venue->advance(now);
    }
    void pass(std::chrono::milliseconds time, std::chrono::milliseconds by = std::chrono::milliseconds(20)) {
        for (; time.count() > 0; time -= by)
            step(std::min(by, time));
    }
    void fault(std::string_view text) {
        std::string problem;
        auto parsed = kit::parse_fault(text, problem);
        ASSERT_TRUE(parsed) << problem;
        faults.add(std::move(*parsed), now.mono);
        step(std::chrono::nanoseconds(0));
    }
    Client connect(std::string path) {
        net::HttpRequest request;
        request.method = "GET";
        request.path = std::move(path);
        EXPECT_EQ(venue->request(request, true, now).kind, kit::Admission::Kind::websocket) << request.path;
        Client client;
        client.port = std::make_unique<FakePort>(faults, now);
        client.brain = venue->open(request, *client.port, now);
        return client;
    }
    Client join(std::string path) {
        auto client = connect(std::move(path));
        client.brain->on_text(R"({"action":"auth","params":"test"})", now);
        pass(std::chrono::milliseconds(20));
        client.port->frames.clear();
        return client;
    }
    void say(Client& client, std::string_view action, std::string_view params) {
        client.brain->on_text(
            R"({"action":")" + std::string(action) + R"(","params":")" + std::string(params) + R"("})", now);
    }
    // Messages of the status objects, and the events of a kind.
    static std::vector<std::string> messages(const std::vector<json::object>& objects) {
        std::vector<std::string> out;
        for (const auto& object : objects)
            if (object.at("ev") == "status")
                out.emplace_back(object.at("message").as_string());
        return out;
    }
    static std::vector<json::object> events(const std::vector<json::object>& objects, std::string_view ev) {
        std::vector<json::object> out;
        for (const auto& object : objects)
            if (object.at("ev").as_string() == json::string_view(ev.data(), ev.size()))
                out.push_back(object);
        return out;
    }
    net::HttpResponse ask(std::string_view target, std::string key = "test") {
        net::HttpRequest request;
        request.method = "GET";
        request.path = target.substr(0, target.find('?'));
        if (target.find('?') != std::string_view::npos)
            request.query = target.substr(target.find('?') + 1);
        request.headers.emplace_back("host", "venue:1");
        if (!key.empty())
            request.headers.emplace_back("authorization", "Bearer " + key);
        auto admission = venue->request(request, false, now);
        EXPECT_EQ(admission.kind, kit::Admission::Kind::answer);
        return admission.response;
    }
    json::object get(std::string_view target) {
        const auto response = ask(target);
        EXPECT_EQ(response.status, 200) << target << ": " << response.body;
        return json::parse(response.body).as_object();
    }
    // All results of a request and of the pages after it.
    std::vector<json::object> all(std::string target, std::size_t& pages) {
        std::vector<json::object> out;
        for (pages = 0; !target.empty() && pages < 100; ++pages) {
            const auto page = get(target);
            if (const auto* results = page.if_contains("results"))
                for (const auto& item : results->as_array())
                    out.push_back(item.as_object());
            const auto* next = page.if_contains("next_url");
            target = next == nullptr ? "" : std::string(next->as_string()).substr(std::string("http://venue:1").size());
        }
        return out;
    }
};

} // namespace tickgate::massive_venue
