#include "app/provider_rest.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"
#include "core/secret.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace tickgate::app {

using namespace std::chrono_literals;

ProviderRest::ProviderRest(asio::any_io_executor control, std::string provider, std::shared_ptr<net::TlsContext> tls)
    : control_(control), name_(std::move(provider)), client_(control, std::move(tls)) {}

void ProviderRest::attach(const DataProvider& provider) {
    provider_ = &provider;
    auto specs = provider.capabilities().budgets;
    if (specs.empty()) // a provider that names no limit has none
        specs.emplace_back();
    for (const auto& spec : specs) {
        budgets_.emplace_back(spec);
        budget_names_.push_back(spec.name);
    }
}

asio::awaitable<result<RestResponse>> ProviderRest::send(RestRequest request) {
    co_return co_await send_streamed(std::move(request), BodySink());
}

asio::awaitable<error_code> ProviderRest::wait_for_budget(std::size_t budget, int weight, MonoTime deadline) {
    auto& b = budgets_[budget];
    for (;;) {
        if (stopped_)
            co_return errc::stopped;
        const auto at = mono_now();
        const auto wait = b.acquire(weight, at);
        if (wait == 0ms)
            co_return error_code();
        if (at + wait > deadline)
            co_return b.state(at).banned ? errc::banned : errc::rate_limited;
        // In steps, so that shutdown does not wait for the budget.
        asio::steady_timer timer(control_, std::min<std::chrono::milliseconds>(wait, 200ms));
        (void)co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

asio::awaitable<result<RestResponse>> ProviderRest::send_streamed(RestRequest request, BodySink sink) {
    const auto budget = std::min(request.budget, budgets_.size() - 1);
    const auto start = mono_now();
    const auto deadline = start + request.deadline;
    if (const auto ec = co_await wait_for_budget(budget, request.weight, deadline)) {
        ++stats_.failures;
        co_return ec;
    }
    request.deadline = std::max(std::chrono::duration_cast<std::chrono::milliseconds>(deadline - mono_now()), 1ms);
    const auto target = redact(request.target.substr(0, request.target.find('?')));
    const auto base = redact(request.base);
    ++stats_.requests;
    std::string detail;
    auto answer = co_await client_.send(std::move(request), std::move(sink), detail);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(mono_now() - start).count();
    if (!answer) {
        ++stats_.failures;
        log::warn("rest", "request_failed",
            {{"provider", name_}, {"base", base}, {"target", target}, {"error", answer.error()}, {"detail", detail},
                {"took_ms", took}});
        co_return answer.error();
    }
    ++stats_.by_status[answer->status];
    log::debug(
        "rest", "request", {{"provider", name_}, {"target", target}, {"status", answer->status}, {"took_ms", took}});
    learn(budget, provider_->read_budget(*answer));
    co_return answer;
}

void ProviderRest::learn(std::size_t budget, const BudgetReading& reading) {
    budget = std::min(budget, budgets_.size() - 1);
    if (reading.pause)
        log::warn("rest", reading.banned ? "banned" : "rate_limited",
            {{"provider", name_}, {"budget", budget_names_[budget]}, {"pause_ms", reading.pause->count()}});
    budgets_[budget].learn(reading, mono_now());
}

void ProviderRest::stop() {
    stopped_ = true;
    client_.stop();
}

std::vector<std::pair<std::string, budget::BudgetState>> ProviderRest::budgets() {
    std::vector<std::pair<std::string, budget::BudgetState>> states;
    for (std::size_t i = 0; i < budgets_.size(); ++i)
        states.emplace_back(budget_names_[i], budgets_[i].state(mono_now()));
    return states;
}

} // namespace tickgate::app
