// The connection of one thread of the store.
#pragma once

#include "core/clock.hpp"
#include "store/bar_store.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace tickgate::store {

// One connection, opened when needed.
class Link {
public:
    explicit Link(const StoreOptions& options) : options_(options) {}

    // Null while it cannot be opened; `ec` then says why. Sets `reopened` if it had been open before.
    BarStore* get(error_code& ec, bool& reopened) {
        if (store_)
            return store_.get();
        if (tried_ && mono_now() < *tried_ + between_openings) {
            ec = fault_;
            return nullptr;
        }
        auto opened = open_store(options_, problem_);
        tried_ = mono_now(); // afterwards: it may have waited for long
        if (!opened) {
            ec = fault_ = opened.error();
            return nullptr;
        }
        store_ = std::move(*opened);
        reopened = was_open_;
        was_open_ = true;
        return store_.get();
    }

    // After a call: a connection that may be broken goes.
    void judge(const error_code& ec) {
        problem_ = ec ? store_->problem() : std::string();
        if (ec != errc::store_failed && ec != errc::store_corrupt)
            return;
        fault_ = ec;
        store_ = nullptr;
    }

    bool is_open() const noexcept { return store_ != nullptr; }
    void close() noexcept { store_ = nullptr; }
    std::string& problem() noexcept { return problem_; }

private:
    static constexpr std::chrono::seconds between_openings{1}; // at least, after a failure

    StoreOptions options_;
    std::unique_ptr<BarStore> store_;
    std::optional<MonoTime> tried_;
    error_code fault_;
    std::string problem_;
    bool was_open_ = false;
};

} // namespace tickgate::store
