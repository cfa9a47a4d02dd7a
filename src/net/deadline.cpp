#include "net/deadline.hpp"

#include <boost/asio/steady_timer.hpp>

#include <utility>

namespace tickgate::net {

struct Deadline::State {
    State(const asio::any_io_executor& executor, std::function<void()> c) : timer(executor), cancel(std::move(c)) {}
    asio::steady_timer timer;
    std::function<void()> cancel;
    MonoTime at{};
    bool alive = true;
};

Deadline::Deadline(const asio::any_io_executor& executor, MonoTime at, std::function<void()> cancel)
    : state_(std::make_shared<State>(executor, std::move(cancel))) {
    rearm(at);
}

Deadline::~Deadline() {
    state_->alive = false;
    state_->timer.cancel();
}

void Deadline::rearm(MonoTime at) {
    state_->at = at;
    state_->timer.expires_at(at); // ends the wait before
    wait(state_);
}

bool Deadline::passed() const noexcept { return mono_now() >= state_->at; }

void Deadline::wait(const std::shared_ptr<State>& state) {
    state->timer.async_wait([state](const error_code& ec) {
        if (ec || !state->alive || mono_now() < state->at)
            return;
        state->cancel();
        state->timer.expires_after(std::chrono::milliseconds(50));
        wait(state);
    });
}

} // namespace tickgate::net
