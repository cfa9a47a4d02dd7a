#include "backfill/lanes.hpp"

#include <algorithm>

namespace tickgate::backfill {

Lane::Place& Lane::Place::operator=(Place&& other) noexcept {
    if (this != &other) {
        leave();
        lane_ = std::exchange(other.lane_, nullptr);
        client_ = std::move(other.client_);
        amount_ = std::exchange(other.amount_, 0);
    }
    return *this;
}

void Lane::Place::leave() {
    if (const auto lane = std::exchange(lane_, nullptr))
        lane->give(client_, amount_);
}

void Lane::admit(const std::string& client, std::size_t amount) {
    used_ += amount;
    held_[client] += amount;
}

void Lane::give(const std::string& client, std::size_t amount) {
    used_ -= amount;
    if (const auto it = held_.find(client); it != held_.end() && (it->second -= amount) == 0)
        held_.erase(it);
    serve();
}

void Lane::serve() {
    while (!waiting_.empty()) {
        const auto held = [&](const std::shared_ptr<Waiter>& w) {
            const auto it = held_.find(w->client);
            return it == held_.end() ? std::size_t{0} : it->second;
        };
        const auto next = std::min_element(
            waiting_.begin(), waiting_.end(), [&](const auto& a, const auto& b) { return held(a) < held(b); });
        const auto waiter = *next;
        if (!fits(waiter->amount))
            return;
        waiting_.erase(next);
        admit(waiter->client, waiter->amount);
        waiter->in = true;
        waiter->admitted.wake();
    }
}

asio::awaitable<Lane::Place> Lane::enter(std::shared_ptr<Lane> lane, std::string client, std::size_t amount) {
    if (lane->waiting_.empty() && lane->fits(amount)) {
        lane->admit(client, amount);
    } else {
        const auto waiter = std::make_shared<Waiter>(lane->loop_);
        waiter->client = client;
        waiter->amount = amount;
        lane->waiting_.push_back(waiter);
        while (!waiter->in)
            co_await waiter->admitted.wait();
    }
    co_return Place(std::move(lane), std::move(client), amount);
}

} // namespace tickgate::backfill
