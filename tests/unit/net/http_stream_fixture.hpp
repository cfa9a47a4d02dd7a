// A reader of endless HTTP answers for tests.
#pragma once

#include "ws_fixture.hpp"

#include "net/http_parser.hpp"
#include "net/http_stream.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tickgate::net {

// Our client against a peer that writes what a test says, or against our server.
class HttpStreamTest : public NetTest {
protected:
    using Connected = result<std::unique_ptr<HttpStream>>;

    asio::awaitable<Connected> open(std::string url, std::chrono::milliseconds deadline = 5s) {
        HttpStreamOptions options;
        options.connect.tls = client_tls();
        options.connect.deadline = deadline;
        options.headers = headers;
        options.form = form;
        co_return co_await http_stream_connect(std::move(url), std::move(options), status, detail);
    }

    // Accepts once, reads the head (and the form), writes these pieces one by one, then waits for the client's end.
    void script(Peer& peer, std::vector<std::string> pieces, bool stays = false) {
        spawn([this, &peer, pieces = std::move(pieces), stays]() -> asio::awaitable<void> {
            auto socket = co_await peer.accept();
            socket.set_option(tcp::no_delay(true));
            request = co_await Peer::read_head(socket);
            asio::steady_timer turn(loop);
            for (const auto& piece : pieces) {
                co_await Peer::write(socket, piece);
                turn.expires_after(1ms);
                co_await turn.async_wait(use_result);
            }
            if (stays)
                co_await Peer::read_end(socket);
        });
    }

    // Connects to what script() says and reads to the end.
    WsEnd read_all(const std::string& url, Recorder& recorder, std::chrono::milliseconds silence = 5s) {
        WsEnd end;
        run([&, silence]() -> asio::awaitable<void> {
            auto stream = co_await open(url);
            EXPECT_TRUE(stream) << detail;
            if (!stream)
                co_return;
            end = co_await (*stream)->run(recorder, silence);
        });
        return end;
    }
    static std::string joined(const Recorder& recorder) {
        std::string all;
        for (const auto& m : recorder.messages)
            all += m;
        return all;
    }

    std::vector<std::pair<std::string, std::string>> headers;
    std::string form, request, detail;
    int status = 0;
};

} // namespace tickgate::net
