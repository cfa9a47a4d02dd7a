// Spans being fetched at this moment, so that nobody fetches them twice.
#pragma once

#include "backfill/signal.hpp"
#include "store/series.hpp"

#include <tickgate/error.hpp>

#include <list>
#include <map>
#include <memory>

namespace tickgate::backfill {

// One loop.
class InFlight {
public:
    struct Claim {
        explicit Claim(const asio::any_io_executor& loop) : ended(loop) {}
        store::Span span;
        UnixNanos since{}; // when it was made
        Signal ended;
        bool open = true;
        error_code fault; // why it was not fetched, if it was not
    };

    // Whoever holds one fetches the span; given back on destruction.
    class Held {
    public:
        Held() = default;
        Held(InFlight& owner, store::SeriesKey series, std::shared_ptr<Claim> claim)
            : owner_(&owner), series_(std::move(series)), claim_(std::move(claim)) {}
        Held(Held&& other) noexcept;
        Held& operator=(Held&& other) noexcept;
        ~Held() { give_back({}); }
        void give_back(const error_code& fault);

    private:
        InFlight* owner_ = nullptr;
        store::SeriesKey series_;
        std::shared_ptr<Claim> claim_;
    };

    explicit InFlight(asio::any_io_executor loop) : loop_(std::move(loop)) {}

    // A claim of somebody else that touches the span; wait for it as long as it is open, then look again.
    std::shared_ptr<Claim> find(const store::SeriesKey& series, const store::Span& span) const;
    Held claim(const store::SeriesKey& series, const store::Span& span, UnixNanos now);

private:
    asio::any_io_executor loop_;
    std::map<store::SeriesKey, std::list<std::shared_ptr<Claim>>> claims_;
};

} // namespace tickgate::backfill
