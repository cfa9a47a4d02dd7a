// REST for one provider: budget first, then the wire; secrets taken out of whatever is said about it.
#pragma once

#include "budget/gate.hpp"
#include "net/http_client.hpp"

#include <tickgate/provider.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickgate::app {

struct RestStats {
    std::uint64_t requests = 0, failures = 0;
    std::map<int, std::uint64_t> by_status;
};

// Runs on `control` only. What it sends itself has the priority `user` and no client; see as().
class ProviderRest final : public Rest {
public:
    // `shared`, if given, outlives this.
    ProviderRest(asio::any_io_executor control, std::string provider, std::shared_ptr<net::TlsContext> tls,
        budget::SharedLedger* shared = nullptr);

    // The provider is made with this Rest's settings at hand and then attached; before any request.
    void attach(const DataProvider& provider);

    asio::awaitable<result<RestResponse>> send(RestRequest request) override;
    asio::awaitable<result<RestResponse>> send_streamed(RestRequest request, BodySink sink) override;
    void learn(std::size_t budget, const BudgetReading& reading) override;
    std::optional<std::chrono::milliseconds> retry_after() const override { return retry_after_; }

    // The same REST for one caller. Live data (sessions, symbols, gaps) is `repair`. Must not outlive this, and must
    // outlive its requests. They may wait for the budget for `patience` on top of their deadline, which then counts
    // from when they go: for whoever would only ask again.
    std::unique_ptr<Rest> as(budget::Priority priority, std::string client, std::chrono::milliseconds patience = {});

    // Requests end with `stopped`: those that wait for budget, those in flight, and later ones.
    void stop();
    const RestStats& stats() const noexcept { return stats_; }
    std::vector<budget::BudgetView> budgets();

    // What must outlive the process, by name of the budget: restored after attach(), saved now and then and at the end.
    std::vector<std::pair<std::string, std::string>> snapshots();
    bool restore(std::string_view budget, std::string_view text); // false: no such budget, or no snapshot

private:
    class View;
    struct Caller {
        budget::Priority priority = budget::Priority::user;
        std::string client;
        std::chrono::milliseconds patience{0};
    };
    asio::awaitable<result<RestResponse>> perform(
        RestRequest request, BodySink sink, Caller caller, std::optional<std::chrono::milliseconds>& retry_after);
    asio::awaitable<result<RestResponse>> exchange(RestRequest request, BodySink sink, std::size_t budget);

    asio::any_io_executor control_;
    std::string name_;
    net::HttpClient client_;
    budget::SharedLedger* shared_;
    const DataProvider* provider_ = nullptr;
    std::vector<budget::Gate> gates_;
    std::vector<std::string> budget_names_;
    RestStats stats_;
    std::optional<std::chrono::milliseconds> retry_after_;
};

} // namespace tickgate::app
