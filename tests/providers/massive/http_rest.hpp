// Rest over real sockets, without a budget.
#pragma once

#include "net/http_client.hpp"

#include <tickgate/rest.hpp>

#include <string>
#include <vector>

namespace tickgate::massive::test {

class HttpRest final : public Rest {
public:
    explicit HttpRest(asio::any_io_executor executor) : client_(std::move(executor), nullptr) {}

    asio::awaitable<result<RestResponse>> send(RestRequest request) override {
        return send_streamed(std::move(request), BodySink());
    }
    asio::awaitable<result<RestResponse>> send_streamed(RestRequest request, BodySink sink) override {
        methods.push_back(request.method);
        auto answer = co_await client_.send(std::move(request), std::move(sink), detail);
        statuses.push_back(answer ? answer->status : 0);
        co_return answer;
    }
    void learn(std::size_t, const BudgetReading&) override {}

    std::vector<std::string> methods;
    std::vector<int> statuses; // 0: none came
    std::string detail;

private:
    net::HttpClient client_;
};

} // namespace tickgate::massive::test
