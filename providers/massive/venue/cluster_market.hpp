// The synthetic market of one cluster, written to its channels.
#pragma once

#include "massive/venue/eastern.hpp"
#include "massive/venue/frames.hpp"
#include "massive/venue/hub.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tickgate::massive_venue {

// All times are the market's: 15 minutes behind the clock where data are delayed.
class ClusterMarket final : kit::MarketListener {
public:
    // `options` and `faults` must outlive it.
    ClusterMarket(Cluster cluster, const MassiveOptions& options, const kit::FaultBoard& faults, UnixNanos start);

    void prefill() { market_.prefill(*this); } // what `history` asks for; before the first advance()
    void advance(UnixNanos now);
    void burst(std::size_t count, UnixNanos now);
    std::chrono::nanoseconds until_due(UnixNanos now) const noexcept; // at most a second

    Cluster cluster() const noexcept { return cluster_; }
    Hub& hub() noexcept { return hub_; }
    void add_hole(kit::Hole hole); // nothing happens within, and nothing is told of it
    void close(bool on) noexcept { market_.close(on); }

    std::size_t size() const noexcept { return instruments_.size(); }
    const Instrument& instrument(std::size_t i) const noexcept { return instruments_[i]; }
    std::optional<std::size_t> find(std::string_view name) const; // of the stream or of REST
    const kit::MarketQuote& quote(std::size_t i) const noexcept { return market_.quote(i); }
    const std::deque<kit::MarketQuote>& quotes(std::size_t i) const noexcept { return quotes_[i]; } // newest last
    const std::deque<kit::Fill>& trades(std::size_t i) noexcept { return market_.tape(i).trades(); }
    kit::Tape& tape(std::size_t i) noexcept { return market_.tape(i); }
    // The newest trade, or one made up of the price path.
    kit::Fill last_trade(std::size_t i, UnixNanos now);

    // The minute or second that opens at `open`; empty if nothing was traded in it.
    std::optional<kit::TapeBar> minute(std::size_t i, UnixNanos open);
    std::optional<kit::TapeBar> second(std::size_t i, UnixNanos open);
    // What was traded (quoted, if it is never traded) in [open, open + 1 min), as far as kept, in the order of time;
    // and the quotes of that minute. Before the market began they are made up, the same at each call.
    std::vector<kit::Fill> fills(std::size_t i, UnixNanos open);
    std::vector<kit::Fill> prints(std::size_t i, UnixNanos open); // with the stray ones, which are in no bar
    std::vector<kit::MarketQuote> minute_quotes(std::size_t i, UnixNanos open);
    // [from, to) in minutes, as far as known at `now`; empty without trades.
    std::optional<kit::TapeBar> sum(std::size_t i, UnixNanos from, UnixNanos to, UnixNanos now);
    // The running day's, up to `now`.
    const std::optional<kit::TapeBar>& today(std::size_t i, UnixNanos now);
    DaySums day_sums(std::size_t i, UnixNanos now);

private:
    std::optional<kit::TapeBar> past_hour(std::size_t i, UnixNanos open);
    bool is_quiet(std::size_t i, UnixNanos minute) const noexcept; // of the made-up past
    struct Day {                                                   // kept so that asking again costs the minutes since
        std::chrono::sys_days day{};
        UnixNanos next{}; // minutes before are in `ended`
        std::optional<kit::TapeBar> ended, whole;
    };

    void on_quote(std::size_t i, const kit::MarketQuote& quote) override;
    void on_trade(std::size_t i, std::span<const kit::Fill> fills) override;
    void bars(Channel channel, UnixNanos open, UnixNanos now);
    void bands(UnixNanos now);
    bool is_strayed(const kit::Fill& fill) const noexcept;
    kit::Fill stray_of(std::size_t i, kit::Fill fill) const;
    void stray_print(std::size_t i, const kit::Fill& stray);
    template <class F>
    void emit(Channel channel, std::size_t i, F&& write);
    std::chrono::nanoseconds skew() const noexcept;

    Cluster cluster_;
    const MassiveOptions& options_;
    const kit::FaultBoard& faults_;
    kit::SyntheticMarket market_;
    UnixNanos live_from_;
    std::vector<Instrument> instruments_;
    std::unordered_map<std::string, std::size_t> names_;
    std::vector<std::deque<kit::MarketQuote>> quotes_;
    std::size_t kept_quotes_;
    std::vector<Day> days_;
    std::vector<std::unordered_map<std::int64_t, std::optional<kit::TapeBar>>> hours_; // of the past, asked before
    std::vector<std::array<Slot*, channel_count>> slots_;    // null: the cluster has no such channel
    UnixNanos next_second_{}, next_minute_{}, next_bands_{}; // windows whose bars are to come
    Hub hub_;
    std::string text_;
};

} // namespace tickgate::massive_venue
