#include "diagnose/probed_provider.hpp"

namespace tickgate::diagnose {

namespace {

class ProbedSession final : public FeedSession {
public:
    ProbedSession(std::unique_ptr<FeedSession> inner, std::shared_ptr<std::string> address)
        : inner_(std::move(inner)), address_(std::move(address)) {}

    const ConnectionPlan& plan() const noexcept override {
        const auto& p = inner_->plan();
        *address_ = p.url;
        return p;
    }
    void opened(Moment now, Outbox& out) override { inner_->opened(now, out); }
    void received(std::string_view bytes, Moment at, Outbox& out, EventSink& sink) override {
        inner_->received(bytes, at, out, sink);
    }
    void ponged(Moment at) override { inner_->ponged(at); }
    void want(const SubscriptionDelta& delta, Moment now, Outbox& out, EventSink& sink) override {
        inner_->want(delta, now, out, sink);
    }
    void tick(Moment now, Outbox& out, EventSink& sink) override { inner_->tick(now, out, sink); }
    const std::optional<SessionEnd>& ended() const noexcept override { return inner_->ended(); }
    bool wants_renewal() const noexcept override { return inner_->wants_renewal(); }
    void renewed(result<std::string> token, Moment at, Outbox& out, EventSink& sink) override {
        inner_->renewed(std::move(token), at, out, sink);
    }
    SessionEnd closed(std::uint16_t code, std::string_view reason) override { return inner_->closed(code, reason); }

private:
    std::unique_ptr<FeedSession> inner_;
    std::shared_ptr<std::string> address_;
};

} // namespace

asio::awaitable<result<std::unique_ptr<FeedSession>>> ProbedProvider::open_session(
    std::string part, int group, std::uint64_t seed, Rest& rest) {
    auto opening = inner_.open_session(std::move(part), group, seed, rest);
    auto session = co_await std::move(opening);
    if (!session)
        co_return session.error();
    std::unique_ptr<FeedSession> probed = std::make_unique<ProbedSession>(std::move(*session), address_);
    co_return std::move(probed);
}

} // namespace tickgate::diagnose
