// How many requests and bars may be under way at once.
#pragma once

#include "backfill/signal.hpp"

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace tickgate::backfill {

// A bounded amount of something that coroutines of one loop take and give back. Who waits is served by client, the one
// that holds least first, then in order of coming; so that one who asks for much does not keep others waiting. More
// than there is at all is given to a single taker when nobody holds anything.
class Lane {
public:
    Lane(asio::any_io_executor loop, std::size_t capacity) : loop_(std::move(loop)), capacity_(capacity) {}

    // Given back on destruction.
    class Place {
    public:
        Place() = default;
        Place(std::shared_ptr<Lane> lane, std::string client, std::size_t amount)
            : lane_(std::move(lane)), client_(std::move(client)), amount_(amount) {}
        Place(Place&& other) noexcept
            : lane_(std::move(other.lane_)),
              client_(std::move(other.client_)),
              amount_(std::exchange(other.amount_, 0)) {
            other.lane_ = nullptr;
        }
        Place& operator=(Place&& other) noexcept;
        ~Place() { leave(); }
        void leave();

    private:
        std::shared_ptr<Lane> lane_;
        std::string client_;
        std::size_t amount_ = 0;
    };

    static asio::awaitable<Place> enter(std::shared_ptr<Lane> lane, std::string client, std::size_t amount);
    std::size_t used() const noexcept { return used_; }
    void set_capacity(std::size_t capacity) {
        capacity_ = capacity;
        serve();
    }

private:
    struct Waiter {
        explicit Waiter(const asio::any_io_executor& loop) : admitted(loop) {}
        std::string client;
        std::size_t amount = 0;
        bool in = false;
        Signal admitted;
    };
    bool fits(std::size_t amount) const noexcept { return used_ == 0 || used_ + amount <= capacity_; }
    void admit(const std::string& client, std::size_t amount);
    void give(const std::string& client, std::size_t amount);
    void serve();

    asio::any_io_executor loop_;
    std::size_t capacity_, used_ = 0;
    std::map<std::string, std::size_t> held_; // by client
    std::list<std::shared_ptr<Waiter>> waiting_;
};

} // namespace tickgate::backfill
