// Announces a hole as closed only when it was filled, and asks again for bars that were made while something was wrong.
#pragma once

#include "core/instrument_table.hpp"
#include "feed/market_sink.hpp"
#include "feed/repair_order.hpp"

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tickgate::feed {

struct RepairOptions {
    std::chrono::seconds limit{300};                     // from the return of the feed to gap_closed, at most
    std::chrono::seconds first_trade{30};                // so long the first trade after a hole is waited for
    std::chrono::seconds first_bar{65};                  // and the first bar, or its length if that is less
    std::chrono::seconds settle{30};                     // after the end of a bar before it is asked again
    std::chrono::seconds period{90};                     // between two such questions of a channel
    bool reconcile = true;                               // bars are asked again at all
    bool at_open = true;                                 // the bar in which a channel was opened is asked again too
    std::size_t most = 8192;                             // orders in progress
    std::size_t most_a_scan = 256;                       // channels asked again in one scan, each second
    std::chrono::hours previous{24}, previous_trades{1}; // what an earlier session published longer ago is not taken up
};

// Between the router and the publisher, on the hot loop; every trade, bar and event of a route passes. Without a sink
// nothing is changed. With one, of trades and bars:
//
// - gap_opened passes; gap_closed is held back until the span was fetched and published with flag `backfill` in order,
//   or given up. Each gap_opened gets exactly one gap_closed, whatever happens meanwhile.
// - Bars made of ticks, bars that a feed tells once at their end, `mixed` bars and bars around holes are asked of the
//   provider's REST after they have settled; what differs is published as their next revision, with bar_revised.
//
// Repeats are told by ids where both sides have them, else by time and, in the seconds at either end, by price and size
// among the last trades. Costs a few stores a trade and nothing a quote; memory is taken by holes only.
class Repairs {
public:
    Repairs(const InstrumentTable& instruments, MarketSink& out, RepairSink* sink, RepairOptions options,
        std::function<Moment()> clock);
    ~Repairs();

    // What passes.
    Channel open_channel(Subscription what, std::string_view provider, std::string_view native);
    void close_channel(Channel channel, const Subscription& what); // its holes are closed too
    void released(InstrumentId instrument);                        // after its channels
    void publish(Channel channel, const Trade& trade) {
        if (sink_ != nullptr)
            note(*tracks_[static_cast<std::uint32_t>(channel)], trade);
        out_.publish(channel, trade);
    }
    void publish(Channel channel, const Bar& bar) {
        if (sink_ != nullptr)
            note(channel, *tracks_[static_cast<std::uint32_t>(channel)], bar);
        out_.publish(channel, bar);
    }
    void event(const Event& event);

    // What was published before this session; to be told before the channel is opened.
    void remember(Subscription what, PreviousMark mark);

    // Answers. False: nobody waits for it any more.
    bool repaired(std::uint64_t number, std::string_view provider, std::span<const Trade> trades);
    bool repaired(std::uint64_t number, std::string_view provider, std::span<const Bar> bars);
    void done(std::uint64_t number, const RepairResult& result);

    void tick(Moment now);
    // For what begins from now on.
    void set_options(const RepairOptions& options) { options_ = options; }
    // Closes every hole that is open; no hole is told afterwards.
    void stop();
    RepairStats stats() const;

private:
    struct Gap;
    struct Told;
    struct BarTrack;
    struct TradeTrack {
        std::uint64_t id = 0; // of the latest; 0: none
        UnixNanos at{}, received{};
        bool any = false, contiguous = false;
        std::uint32_t count = 0;
        std::array<std::uint64_t, 32> prints{}; // of the latest ones: the second, then a hash
    };
    struct Track {
        Subscription what;
        std::string provider, native;
        std::vector<std::pair<std::string, std::string>> natives; // of every provider that served it
        Gap* waiting = nullptr;                                   // a hole that the next message ends
        Gap* endless = nullptr;                                   // is repaired; where it ends is not known so far
        Gap* watching = nullptr; // a hole whose end lies within the second of the latest trades
        std::vector<Gap*> gaps;
        std::unique_ptr<TradeTrack> trade;
        std::unique_ptr<BarTrack> bar;
        bool open = true;
    };
    struct Order {
        std::uint32_t channel = 0;
        Gap* gap = nullptr;     // null: bars asked again
        UnixNanos from{}, to{}; // then
        std::uint32_t service = 0;
    };

    // repairs.cpp
    void note(Track& track, const Trade& trade) {
        auto& t = *track.trade;
        if (track.waiting != nullptr || track.watching != nullptr || track.endless != nullptr) [[unlikely]]
            note_after(track, trade);
        mark(t, trade);
    }
    static void mark(TradeTrack& t, const Trade& trade) noexcept {
        t.received = trade.received_time;
        t.at = trade.event_time.value_or(trade.received_time);
        t.id = trade.src_seq.value_or(0);
        t.any = true;
        t.contiguous = trade.contiguous_ids;
        if (!trade.contiguous_ids) // else its number says all
            t.prints[t.count++ % t.prints.size()] = print_of(trade);
    }
    // It is another provider's: it says nothing of what this one tells.
    static void forget_number(TradeTrack& t) noexcept {
        t.id = 0;
        t.contiguous = false;
    }
    static std::uint64_t print_of(const Trade& trade) noexcept;
    void note_after(Track& track, const Trade& trade);
    Track* find(const Subscription& what) noexcept;
    std::uint32_t channel_of(const Subscription& what) const noexcept;
    void forget(std::uint32_t channel, Track& track);
    void close_other(std::uint64_t key, std::string_view cause);
    Gap& add_gap(Track& track, const Event& event);
    void first_message_is_after(Track& track, std::uint32_t channel, const PreviousMark& mark);
    void gap_opened(const Event& event);
    void gap_closed(const Event& event);
    void await_end(Track& track, Gap& gap);
    void end_endless(Track& track);
    void hand_over(Gap& gap);
    std::optional<RepairOrder> order_of(const Track& track, Gap& gap);
    void close(Gap& gap, std::string_view cause, std::string text);
    void drop(Gap& gap);
    void told_route(const Event& event);
    static bool is_repeat(Gap& gap, const Trade& trade, std::string_view provider);
    void scan_gaps(Moment now);
    void first_message(Track& track);
    template <class Body>
    void under_name(Track& track, std::string_view provider, Body body);

    // repairs_bars.cpp
    void note(Channel channel, Track& track, const Bar& bar);
    void learn_variant(std::uint32_t channel, Track& track, const Bar& bar);
    void remember_told(Track& track, const Bar& bar, bool confirmed);
    static Told* find_told(BarTrack& track, UnixNanos open_time) noexcept;
    void ask_again(std::uint32_t channel, Track& track, UnixNanos from, UnixNanos to);
    void ask_around(const Subscription& ticks, UnixNanos from, UnixNanos to, bool over);
    void ask_due(Moment now);
    bool ask_settled(std::uint32_t channel, Track& track, Moment now);
    bool ask(std::uint32_t channel, Track& track, UnixNanos from, UnixNanos to);
    void ask_before_switch(std::uint32_t channel, Track& track);
    void end_question(const Order& order, const RepairResult& result);
    bool settle_bar(std::uint32_t channel, Track& track, const Bar& bar, std::string_view provider, bool in_gap);
    void announce_revision(const Track& track, const Told& before, const Bar& bar, std::string_view provider);

    const InstrumentTable& instruments_;
    MarketSink& out_;
    RepairSink* sink_;
    RepairOptions options_;
    std::function<Moment()> clock_;
    std::vector<std::unique_ptr<Track>> tracks_;            // by channel; of trades and bars only
    std::vector<std::vector<std::uint32_t>> by_instrument_; // their channels
    std::unordered_map<std::uint64_t, std::unique_ptr<Gap>> gaps_;
    std::unordered_map<std::uint64_t, Order> orders_;
    std::unordered_map<std::uint64_t, Event> others_; // holes of channels that are not repaired
    std::unordered_map<Subscription, PreviousMark> previous_;
    std::vector<std::uint32_t> due_; // channels with bars to ask again
    std::size_t next_due_ = 0;
    std::uint64_t next_number_ = 1;
    MonoTime next_scan_{}, forget_previous_ = MonoTime::max();
    bool stopped_ = false;
    RepairStats stats_;
};

} // namespace tickgate::feed
