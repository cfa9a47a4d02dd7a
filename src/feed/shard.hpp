// One slice of a feed's subscriptions on one connection, with its replacement during a rotation.
#pragma once

#include "feed/handover.hpp"
#include "feed/link.hpp"
#include "feed/shard_fsm.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <memory>
#include <optional>
#include <unordered_set>

namespace tickgate::feed {

class Feed;
struct Upstream;

// Performs what ShardFsm decides. Owned by its feed, on the hot loop.
class Shard {
public:
    Shard(Feed& feed, int number, int group, std::uint64_t seed);

    int number() const noexcept { return number_; }
    int group() const noexcept { return group_; }
    std::size_t size() const noexcept { return wanted_; } // subscriptions
    std::size_t load() const noexcept { return load_; }   // sum of their weights
    void add(const Wanted& wanted, std::size_t weight);
    void remove(const Subscription& gone, std::size_t weight);
    void reweigh(std::size_t before, std::size_t after) noexcept { load_ += after - before; } // of one that it has

    void start(Moment now);
    void stop();
    void tick(Moment now);
    void begin_anew(Moment now); // other credentials: having given up counts no more
    bool moved() const noexcept; // the connection that served last was to another place
    bool ready() const noexcept { return places_[active()].ready; }
    bool connected() const noexcept { return fsm_.is_up(fsm_.active()); }
    bool gave_up() const noexcept { return fsm_.gave_up(); }
    std::optional<MonoTime> last_received() const noexcept;
    std::uint64_t open_links() const noexcept;
    void fail(error_code reason, std::string detail);
    // Wanted, not acknowledged on the connection that serves.
    bool missing(const Subscription& what) const { return places_[active()].missing.contains(what); }
    void add_stats(std::uint64_t& bytes, std::uint64_t& frames, std::uint64_t& reads) const noexcept;
    std::int64_t sent_lately(MonoTime now) const; // of the connection that sent most, see Link

    // Attempts to bring a connection back to life on which nothing flows, since something flowed last.
    struct Revival {
        int tries = 0;
        MonoTime not_before{};
    };
    Revival revival;

    // Whether a message that came on `place` is published; hot.
    bool accept(int place, const Subscription& channel, std::uint64_t id, bool contiguous) {
        if (!handover_) [[likely]]
            return true;
        return accept_in_handover(place, channel, id, contiguous);
    }

private:
    // What a session tells, with the place it came from.
    struct Sink final : EventSink {
        void on_quote(const Quote& q) override;
        void on_trade(const Trade& t) override;
        void on_bar(const Bar& b) override;
        void on_source_quote(const Quote& q) override;
        void on_notice(const MarketNotice& n) override;
        void on_acknowledged(std::span<const Subscription> done) override;
        void on_unsubscribed(std::span<const Subscription> done) override;
        void on_rejected(Subscription what, error_code reason, std::string_view text) override;
        void on_no_first_frame(Subscription what) override;
        void on_gap(Subscription what, std::optional<std::uint64_t> lost) override;
        void on_skipped(Skip why, std::string_view what) override;
        Shard* shard = nullptr;
        int place = 0;
    };
    struct Place {
        Sink sink;
        std::shared_ptr<const Upstream> upstream; // of the link, and gone after it
        std::unique_ptr<Link> link;
        asio::cancellation_signal cancel;
        std::unordered_set<Subscription> missing; // wanted, not acknowledged on this connection
        std::uint64_t number = 0;                 // of the connection, counted up
        bool running = false, ready = false, cancellable = false;
    };

    std::size_t active() const noexcept { return static_cast<std::size_t>(fsm_.active()); }
    Place& place(int i) noexcept { return places_[static_cast<std::size_t>(i)]; }
    void start_link(int place);
    asio::awaitable<LinkEnd> connect_and_read(int place);
    asio::awaitable<error_code> wait_to_connect(int place);
    Link::Hooks hooks_of(int place);
    void replace(int place, std::chrono::milliseconds pause);
    asio::awaitable<void> renew(int place, std::uint64_t number);
    void link_done(int place, LinkEnd end);
    void perform(Moment now);
    void renew_outdated(Moment now);
    void rest_when_idle(Moment now);
    void close_idle();
    void begin_handover();
    void end_handover(int survivor, std::string_view cause);
    Handover::From side(int place) const noexcept {
        return place == old_place_ ? Handover::From::old_link : Handover::From::new_link;
    }
    bool accept_in_handover(int place, const Subscription& channel, std::uint64_t id, bool contiguous);
    void check_ready(int place);

    Feed& feed_;
    int number_, group_;
    std::uint64_t seed_;
    ShardFsm fsm_;
    std::array<Place, 2> places_;
    std::optional<Handover> handover_;
    int old_place_ = 0; // during a handover
    std::size_t wanted_ = 0, load_ = 0;
    std::uint64_t served_ = 0;      // number of the upstream of the connection that served last
    asio::steady_timer any_wanted_; // never expires: cancelled when something is wanted again
    LinkEnd last_end_;
    std::optional<MonoTime> idle_since_;                                    // connected with nothing wanted
    std::uint64_t closed_bytes_ = 0, closed_frames_ = 0, closed_reads_ = 0; // of ended connections
    bool stopping_ = false;
};

} // namespace tickgate::feed
