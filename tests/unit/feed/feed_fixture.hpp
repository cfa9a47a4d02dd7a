// A feed over real sockets against a venue that streams over HTTP.
#pragma once

#include "scripted_venue.hpp"

namespace tickgate::feed {

using Lines = std::vector<std::string>;

class FeedTest : public ::testing::Test {
protected:
    struct Stream { // one connection, as the venue sees it
        std::string names;
        MonoTime since;
        net::HttpStreamResponse* out = nullptr; // null once it has ended
    };

    void SetUp() override {
        options.provider = "scripted";
        options.spec.part = "main";
        options.spec.overlap = 150ms;
        options.timings.overlap_limit = 300ms;
        options.timings.back_off.base = 1ms;
        options.timings.back_off.cap = 1ms;
        auto plain = [this](net::HttpRequest) -> asio::awaitable<net::HttpResponse> {
            net::HttpResponse refusal;
            refusal.status = refuse;
            refusal.body = R"({"errorMessage":"Insufficient authorization to perform request."})";
            ++refused;
            co_return refusal;
        };
        net::HttpServerOptions server_options;
        server = std::make_unique<net::HttpServer>(loop.get_executor(), server_options, std::move(plain));
        server->on_stream([this](const net::HttpRequest&) { return refuse == 0; },
            [this](net::HttpRequest r, std::unique_ptr<net::HttpStreamResponse> out) -> asio::awaitable<void> {
                const auto at = streams.size();
                streams.push_back({r.parameter("i"), mono_now(), out.get()});
                if (!hold_heads)
                    out->send_head(net::HttpResponse());
                co_await out->run();
                streams[at].out = nullptr;
            });
        ASSERT_FALSE(server->listen());
        asio::co_spawn(loop, server->run(), [this](const std::exception_ptr& e) {
            EXPECT_FALSE(e);
            server_ended = true;
        });
        provider.base = "http://127.0.0.1:" + std::to_string(server->port());
    }

    void start() {
        feed = std::make_unique<Feed>(
            loop.get_executor(), loop.get_executor(), provider, rest, table, sink, std::move(options));
        asio::co_spawn(loop, feed->run(), [this](const std::exception_ptr& e) {
            EXPECT_FALSE(e);
            feed_ended = true;
        });
    }

    void TearDown() override {
        const auto start = mono_now();
        if (feed)
            feed->stop();
        EXPECT_TRUE(until([&] { return feed_ended || !feed; }));
        EXPECT_LT(mono_now() - start, 4s);
        server->stop();
        EXPECT_TRUE(until([&] { return server_ended; }));
    }

    bool until(const std::function<bool()>& done, std::chrono::milliseconds limit = 8s) {
        const auto end = std::chrono::steady_clock::now() + limit;
        loop.restart();
        while (!done() && std::chrono::steady_clock::now() < end)
            loop.run_one_for(5ms);
        return done();
    }

    InstrumentId id(const std::string& name) { return table.intern(*InstrumentName::parse("fx:" + name)); }
    Wanted want(const std::string& name, Kind kind = Kind::quote) {
        Wanted w;
        w.what.instrument = id(name);
        w.what.kind = kind;
        w.native = name;
        return w;
    }
    void subscribe(const std::vector<std::string>& names) {
        std::vector<Wanted> wanted;
        for (const auto& n : names)
            wanted.push_back(want(n));
        feed->subscribe(wanted);
    }
    void say(std::size_t stream, const std::string& line) { streams.at(stream).out->send_chunk(line + "\n"); }
    bool live(const std::string& name) { return sink.states[id(name)].starts_with("live"); }
    std::size_t open_streams() const {
        return static_cast<std::size_t>(
            std::count_if(streams.begin(), streams.end(), [](const Stream& s) { return s.out != nullptr; }));
    }

    asio::io_context loop{1};
    std::unique_ptr<net::HttpServer> server;
    std::vector<Stream> streams;
    InstrumentTable table;
    ScriptedProvider provider;
    NoRest rest;
    LineSink sink;
    FeedOptions options;
    std::unique_ptr<Feed> feed;
    int refuse = 0, refused = 0;
    bool hold_heads = false, server_ended = false, feed_ended = false;
};

} // namespace tickgate::feed
