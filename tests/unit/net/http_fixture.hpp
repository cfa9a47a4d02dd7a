// An HTTP client and scripted servers for tests.
#pragma once

#include "net_fixture.hpp"

#include "net/http_client.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tickgate::net {

class HttpTest : public NetTest {
protected:
    // Answers each request of one connection after the other with these texts, then closes.
    void script(Peer& peer, std::vector<std::string> answers) {
        spawn([this, &peer, answers = std::move(answers)]() -> asio::awaitable<void> {
            auto socket = co_await peer.accept();
            ++connections;
            for (const auto& answer : answers) {
                requests.push_back(co_await Peer::read_head(socket));
                co_await Peer::write(socket, answer);
            }
        });
    }

    RestRequest request(std::string base, std::string target = "/x") {
        RestRequest r;
        r.base = std::move(base);
        r.target = std::move(target);
        r.deadline = 5s;
        return r;
    }

    asio::awaitable<result<RestResponse>> get(RestRequest r, BodySink sink = {}) {
        co_return co_await client.send(std::move(r), std::move(sink), detail);
    }

    HttpClient client{loop.get_executor(), client_tls()};
    std::vector<std::string> requests;
    std::string detail;
    int connections = 0;
};

} // namespace tickgate::net
