// REST without a network: answers from a list, and what was asked.
#pragma once

#include <tickgate/rest.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <deque>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tickgate::test {

class FakeRest final : public Rest {
public:
    asio::awaitable<result<RestResponse>> send(RestRequest request) override {
        requests.push_back(std::move(request));
        result<RestResponse> answer = errc::unavailable;
        if (!answers.empty()) {
            answer = std::move(answers.front());
            answers.pop_front();
        }
        co_return answer;
    }
    asio::awaitable<result<RestResponse>> send_streamed(RestRequest, BodySink) override {
        co_return errc::not_supported;
    }
    void learn(std::size_t, const BudgetReading&) override {}

    void give(int status, std::string body) {
        RestResponse r;
        r.status = status;
        r.body = std::move(body);
        answers.emplace_back(std::move(r));
    }
    std::string asked(std::size_t i) const { return i < requests.size() ? requests[i].target : "nothing"; }

    std::vector<RestRequest> requests;
    std::deque<result<RestResponse>> answers;
};

// Runs the task on a loop of its own to its end.
template <class T>
T run(asio::awaitable<T> task) {
    asio::io_context io;
    std::optional<T> out;
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr failure, T value) {
        if (failure)
            std::rethrow_exception(failure);
        out.emplace(std::move(value));
    });
    io.run();
    return std::move(out.value());
}

} // namespace tickgate::test
