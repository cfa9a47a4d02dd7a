// A daemon that answers what the test says, over real sockets, and commands that ask it.
#pragma once

#include "cli/daemon_client.hpp"
#include "cli/output.hpp"
#include "net/http_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace tickgate::cli {

class DaemonFixture : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_FALSE(server.listen());
        asio::co_spawn(loop, server.run(), [this](const std::exception_ptr&) { ended = true; });
        options.url = "http://127.0.0.1:" + std::to_string(server.port());
        options.token = Secret("sesame-4711");
    }
    void TearDown() override {
        server.stop();
        loop.restart();
        loop.run_for(std::chrono::seconds(10));
        EXPECT_TRUE(ended);
    }
    asio::awaitable<net::HttpResponse> answer(net::HttpRequest request) {
        requests.push_back(request.method + " " + request.path + (request.query.empty() ? "" : "?" + request.query));
        bodies.push_back(request.body);
        EXPECT_EQ(request.header("authorization"), "Bearer sesame-4711");
        net::HttpResponse response;
        if (const auto page = pages.find(request.path); page != pages.end()) {
            response.body = page->second;
        } else if (!answers.empty()) {
            response = answers.front();
            if (answers.size() > 1)
                answers.erase(answers.begin());
        }
        co_return response;
    }
    void will_answer(std::string body, int status = 200) {
        net::HttpResponse r;
        r.status = status;
        r.body = std::move(body);
        answers.push_back(std::move(r));
    }
    // Runs the task that `make` makes of a client to its end; its exit code.
    template <class MakeTask>
    int run(MakeTask make) {
        out.str("");
        err.str("");
        DaemonClient client(loop.get_executor(), options);
        int code = -1;
        bool done = false;
        asio::co_spawn(loop, make(client), [&](const std::exception_ptr& e, int result) {
            EXPECT_FALSE(e);
            code = result;
            done = true;
        });
        loop.restart();
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!done && loop.run_one_until(limit) > 0) {
        }
        EXPECT_TRUE(done);
        client.stop();
        return code;
    }
    Output as(Format format) {
        Output::Look look;
        look.format = format;
        return Output(look, out);
    }
    Output table() { return as(Format::table); }

    asio::io_context loop{1};
    net::HttpServer server{
        loop.get_executor(), net::HttpServerOptions(), [this](net::HttpRequest r) { return answer(std::move(r)); }};
    DaemonOptions options;
    std::map<std::string, std::string> pages; // by path; else:
    std::vector<net::HttpResponse> answers;   // the last again and again
    std::vector<std::string> requests, bodies;
    std::ostringstream out, err;
    bool ended = false;
};

} // namespace tickgate::cli
