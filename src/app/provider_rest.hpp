// REST for one provider: budget first, then the wire; secrets taken out of whatever is said about it.
#pragma once

#include "budget/request_budget.hpp"
#include "net/http_client.hpp"

#include <tickgate/provider.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tickgate::app {

struct RestStats {
    std::uint64_t requests = 0, failures = 0;
    std::map<int, std::uint64_t> by_status;
};

// Runs on `control` only.
class ProviderRest final : public Rest {
public:
    ProviderRest(asio::any_io_executor control, std::string provider, std::shared_ptr<net::TlsContext> tls);

    // The provider is made with this Rest's settings at hand and then attached; before any request.
    void attach(const DataProvider& provider);

    asio::awaitable<result<RestResponse>> send(RestRequest request) override;
    asio::awaitable<result<RestResponse>> send_streamed(RestRequest request, BodySink sink) override;
    void learn(std::size_t budget, const BudgetReading& reading) override;

    // Requests end with `stopped`: those that wait for budget, those in flight, and later ones.
    void stop();
    const RestStats& stats() const noexcept { return stats_; }
    std::vector<std::pair<std::string, budget::BudgetState>> budgets();

private:
    asio::awaitable<error_code> wait_for_budget(std::size_t budget, int weight, MonoTime deadline);

    asio::any_io_executor control_;
    std::string name_;
    net::HttpClient client_;
    const DataProvider* provider_ = nullptr;
    std::vector<budget::RequestBudget> budgets_;
    std::vector<std::string> budget_names_;
    RestStats stats_;
    std::atomic<bool> stopped_{false};
};

} // namespace tickgate::app
