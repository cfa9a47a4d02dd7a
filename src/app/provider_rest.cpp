#include "app/provider_rest.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"
#include "core/secret.hpp"

#include <algorithm>

namespace tickgate::app {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

// A request that goes out in the last moment spends budget and has no time left for its answer.
MonoTime go_by(milliseconds deadline, MonoTime now) {
    return now + deadline - std::min<milliseconds>(deadline / 4, 1000ms);
}

budget::Told told_by(int status, const BudgetReading& reading) noexcept {
    if (reading.pause && status >= 400)
        return budget::Told::refused;
    return status < 500 ? budget::Told::well : budget::Told::body; // a venue in trouble says nothing about the budget
}

} // namespace

// One caller's way to the same budgets.
class ProviderRest::View final : public Rest {
public:
    View(ProviderRest& rest, Caller caller) : rest_(rest), caller_(std::move(caller)) {}

    asio::awaitable<result<RestResponse>> send(RestRequest request) override {
        return rest_.perform(std::move(request), BodySink(), caller_, retry_after_);
    }
    asio::awaitable<result<RestResponse>> send_streamed(RestRequest request, BodySink sink) override {
        return rest_.perform(std::move(request), std::move(sink), caller_, retry_after_);
    }
    void learn(std::size_t budget, const BudgetReading& reading) override { rest_.learn(budget, reading); }
    std::optional<milliseconds> retry_after() const override { return retry_after_; }

private:
    ProviderRest& rest_;
    Caller caller_;
    std::optional<milliseconds> retry_after_;
};

ProviderRest::ProviderRest(asio::any_io_executor control, std::string provider, std::shared_ptr<net::TlsContext> tls,
    budget::SharedLedger* shared)
    : control_(control), name_(std::move(provider)), client_(control, std::move(tls)), shared_(shared) {}

void ProviderRest::attach(const DataProvider& provider) {
    provider_ = &provider;
    auto specs = provider.capabilities().budgets;
    if (specs.empty()) // a provider that names no limit has none
        specs.emplace_back();
    for (const auto& spec : specs) {
        budget::GateOptions o;
        o.provider = name_;
        o.spec = spec;
        o.shared = shared_;
        gates_.emplace_back(control_, std::move(o));
        budget_names_.push_back(spec.name);
    }
}

std::unique_ptr<Rest> ProviderRest::as(budget::Priority priority, std::string client, milliseconds patience) {
    Caller caller;
    caller.priority = priority;
    caller.client = std::move(client);
    caller.patience = patience;
    return std::make_unique<View>(*this, std::move(caller));
}

asio::awaitable<result<RestResponse>> ProviderRest::send(RestRequest request) {
    return perform(std::move(request), BodySink(), Caller(), retry_after_);
}

asio::awaitable<result<RestResponse>> ProviderRest::send_streamed(RestRequest request, BodySink sink) {
    return perform(std::move(request), std::move(sink), Caller(), retry_after_);
}

asio::awaitable<result<RestResponse>> ProviderRest::perform(
    RestRequest request, BodySink sink, Caller caller, std::optional<milliseconds>& retry_after) {
    const auto budget = std::min(request.budget, gates_.size() - 1);
    const auto start = mono_now();
    budget::Ask ask;
    ask.cost.weight = request.weight;
    ask.cost.bytes = request.expected_bytes;
    ask.priority = caller.priority;
    ask.client = std::move(caller.client);
    ask.go_by = go_by(request.deadline, start) + caller.patience;
    auto waiting = gates_[budget].enter(std::move(ask));
    auto admission = co_await std::move(waiting);
    if (admission.error) {
        ++stats_.failures;
        if (admission.retry_after > 0ms) {
            retry_after = admission.retry_after;
            log::debug("rest", "budget_refused",
                {{"provider", name_}, {"budget", budget_names_[budget]}, {"error", admission.error},
                    {"retry_after_ms", admission.retry_after.count()}});
        }
        co_return admission.error;
    }
    const auto left = start + caller.patience + request.deadline - mono_now();
    request.deadline = std::clamp(std::chrono::duration_cast<milliseconds>(left), 1ms, std::max(request.deadline, 1ms));
    if (sink) {
        // A long body is no reason to hold the budget: its first piece says that the request was counted.
        BodySink take = [&pass = admission.pass, inner = std::move(sink)](std::string_view piece) {
            pass.counted();
            return inner(piece);
        };
        sink = std::move(take);
    }
    auto exchanging = exchange(std::move(request), std::move(sink), budget);
    auto answer = co_await std::move(exchanging);
    co_return answer;
}

asio::awaitable<result<RestResponse>> ProviderRest::exchange(RestRequest request, BodySink sink, std::size_t budget) {
    const auto start = mono_now();
    const auto target = redact(request.target.substr(0, request.target.find('?')));
    const auto base = redact(request.base);
    ++stats_.requests;
    std::string detail;
    auto answer = co_await client_.send(std::move(request), std::move(sink), detail);
    const auto took = std::chrono::duration_cast<milliseconds>(mono_now() - start).count();
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
    const auto reading = provider_->read_budget(*answer);
    if (reading.pause)
        log::warn("rest", reading.banned ? "banned" : "rate_limited",
            {{"provider", name_}, {"budget", budget_names_[budget]}, {"pause_ms", reading.pause->count()}});
    gates_[budget].learn(reading, told_by(answer->status, reading));
    co_return answer;
}

void ProviderRest::learn(std::size_t budget, const BudgetReading& reading) {
    budget = std::min(budget, gates_.size() - 1);
    if (reading.pause)
        log::warn("rest", reading.banned ? "banned" : "rate_limited",
            {{"provider", name_}, {"budget", budget_names_[budget]}, {"pause_ms", reading.pause->count()}});
    gates_[budget].learn(reading, budget::Told::body);
}

void ProviderRest::stop() {
    for (auto& gate : gates_)
        gate.stop();
    client_.stop();
}

std::vector<budget::BudgetView> ProviderRest::budgets() {
    std::vector<budget::BudgetView> views;
    for (auto& gate : gates_)
        views.push_back(gate.view());
    return views;
}

std::vector<std::pair<std::string, std::string>> ProviderRest::snapshots() {
    std::vector<std::pair<std::string, std::string>> all;
    for (std::size_t i = 0; i < gates_.size(); ++i)
        all.emplace_back(budget_names_[i], gates_[i].snapshot());
    return all;
}

bool ProviderRest::restore(std::string_view budget, std::string_view text) {
    for (std::size_t i = 0; i < gates_.size(); ++i)
        if (budget_names_[i] == budget)
            return gates_[i].restore(text);
    return false;
}

} // namespace tickgate::app
