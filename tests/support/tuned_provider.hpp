// The real adapter, with the times that a test cannot wait for made short.
#pragma once

#include <tickgate/provider.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tickgate::test {

struct Tuning {
    std::optional<std::chrono::milliseconds> life_span, silence_limit;
    std::chrono::milliseconds tick_ahead{0}; // sessions are told that it is so much later
    std::function<void()> on_first_want;     // once, before the connection is made
};

class TunedProvider;

class TunedSession final : public FeedSession {
public:
    TunedSession(std::unique_ptr<FeedSession> inner, TunedProvider& owner);
    ~TunedSession() override;
    TunedSession(const TunedSession&) = delete;
    TunedSession& operator=(const TunedSession&) = delete;

    const ConnectionPlan& plan() const noexcept override { return plan_; }
    void opened(Moment now, Outbox& out) override { inner_->opened(now, out); }
    void received(std::string_view bytes, Moment at, Outbox& out, EventSink& sink) override {
        inner_->received(bytes, at, out, sink);
    }
    void ponged(Moment now) override { inner_->ponged(now); }
    void want(const SubscriptionDelta& delta, Moment now, Outbox& out, EventSink& sink) override;
    void tick(Moment now, Outbox& out, EventSink& sink) override;
    const std::optional<SessionEnd>& ended() const noexcept override { return end_ ? end_ : inner_->ended(); }
    bool wants_renewal() const noexcept override { return inner_->wants_renewal(); }
    void renewed(result<std::string> token, Moment now, Outbox& out, EventSink& sink) override {
        inner_->renewed(std::move(token), now, out, sink);
    }
    SessionEnd closed(std::uint16_t code, std::string_view reason) override { return inner_->closed(code, reason); }

    void fail(error_code reason) { end_ = SessionEnd{reason, "by the test", false, {}}; }

private:
    void tune();

    std::unique_ptr<FeedSession> inner_;
    TunedProvider& owner_;
    ConnectionPlan plan_;
    std::optional<SessionEnd> end_;
};

class TunedProvider final : public DataProvider {
public:
    explicit TunedProvider(std::unique_ptr<DataProvider> inner) : inner_(std::move(inner)) {}

    std::string_view name() const noexcept override { return inner_->name(); }
    const Capabilities& capabilities() const noexcept override { return inner_->capabilities(); }
    asio::awaitable<result<std::vector<InstrumentInfo>>> find_instruments(
        std::vector<InstrumentName> names, Rest& rest) override {
        return inner_->find_instruments(std::move(names), rest);
    }
    asio::awaitable<error_code> list_instruments(std::function<void(const InstrumentInfo&)> sink, Rest& rest) override {
        return inner_->list_instruments(std::move(sink), rest);
    }
    asio::awaitable<result<std::vector<InstrumentInfo>>> search_instruments(
        std::string text, std::size_t limit, Rest& rest) override {
        return inner_->search_instruments(std::move(text), limit, rest);
    }
    asio::awaitable<result<std::vector<MarketDay>>> get_market_days(Rest& rest) override {
        return inner_->get_market_days(rest);
    }
    asio::awaitable<result<std::string>> renew(std::string part, Rest& rest) override {
        return inner_->renew(std::move(part), rest);
    }
    int weight_of(std::string_view part, const Subscription& s) const noexcept override {
        return inner_->weight_of(part, s);
    }
    int group_of(std::string_view part, const Subscription& s) const noexcept override {
        return inner_->group_of(part, s);
    }
    asio::awaitable<result<std::unique_ptr<FeedSession>>> open_session(
        std::string part, int group, std::uint64_t seed, Rest& rest) override;
    asio::awaitable<result<Quotes>> get_quotes(QuoteRequest request, Rest& rest) override {
        return inner_->get_quotes(std::move(request), rest);
    }
    asio::awaitable<result<BarPage>> get_bars(BarRequest request, Rest& rest) override {
        return inner_->get_bars(std::move(request), rest);
    }
    BudgetReading read_budget(const RestResponse& answer) const override { return inner_->read_budget(answer); }

    Tuning tuning;
    std::vector<TunedSession*> sessions; // alive, oldest first
    std::size_t opened = 0;

private:
    std::unique_ptr<DataProvider> inner_;
};

inline TunedSession::TunedSession(std::unique_ptr<FeedSession> inner, TunedProvider& owner)
    : inner_(std::move(inner)), owner_(owner) {
    tune();
    owner.sessions.push_back(this);
}

// A plan may depend on what is wanted.
inline void TunedSession::tune() {
    plan_ = inner_->plan();
    plan_.life_span = owner_.tuning.life_span.value_or(plan_.life_span);
    plan_.silence_limit = owner_.tuning.silence_limit.value_or(plan_.silence_limit);
}

inline TunedSession::~TunedSession() { std::erase(owner_.sessions, this); }

inline void TunedSession::want(const SubscriptionDelta& delta, Moment now, Outbox& out, EventSink& sink) {
    inner_->want(delta, now, out, sink);
    tune();
    if (const auto hook = std::exchange(owner_.tuning.on_first_want, nullptr))
        hook();
}

inline void TunedSession::tick(Moment now, Outbox& out, EventSink& sink) {
    now.mono += owner_.tuning.tick_ahead;
    inner_->tick(now, out, sink);
}

inline asio::awaitable<result<std::unique_ptr<FeedSession>>> TunedProvider::open_session(
    std::string part, int group, std::uint64_t seed, Rest& rest) {
    ++opened;
    auto made = co_await inner_->open_session(std::move(part), group, seed, rest);
    if (made)
        *made = std::make_unique<TunedSession>(std::move(*made), *this);
    co_return made;
}

} // namespace tickgate::test
