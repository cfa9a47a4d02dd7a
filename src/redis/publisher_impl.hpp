// The parts of the publisher: publisher.cpp (hot path), publisher_gaps.cpp (losses), publisher_keys.cpp (everything
// that is a key), publisher_connection.cpp (coroutines), publisher_replies.cpp, publisher_tap.cpp (the other reader).
#pragma once

#include "core/clock.hpp"
#include "core/log.hpp"
#include "net/byte_stream.hpp"
#include "redis/channel.hpp"
#include "redis/command_queue.hpp"
#include "redis/handshake_fsm.hpp"
#include "redis/message_encoder.hpp"
#include "redis/publisher.hpp"
#include "redis/reply_scanner.hpp"

#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <map>
#include <random>
#include <unordered_map>

namespace tickgate::redis {

struct Publisher::Impl {
    Impl(asio::any_io_executor executor, PublisherOptions options, const InstrumentTable& instruments,
        LatencySink* latency);

    enum class Ownership : std::uint8_t { unknown, ours, other };
    struct EventChannel {
        std::string command;          // `*3 $7 PUBLISH $n name $`
        std::uint64_t seq = 0;        // numbered so far
        std::uint64_t unnumbered = 0; // waiting
    };
    struct InstrumentRecord {
        InstrumentState state{};
        bool has_state = false, listed = false, state_dirty = false, listed_dirty = false, queued = false;
        std::string reason, provider;
        UnixNanos since{};
        std::optional<std::uint32_t> event_channel;
    };
    struct FeedRecord {
        FeedStatus status;
        bool dirty = true;
    };
    struct Mark { // so much was sent at that time
        std::uint64_t position = 0;
        MonoTime at{};
    };

    // Answers wake the loop when so many bytes of them wait, and at each tick: waking for each of them costs more than
    // sending. The answer to a renewal, once a second, is waited for as it comes and tells the round trip.
    static constexpr std::size_t answers_at_once = 1024;
    // Bytes sent and not answered: bounds the delay in front of a slow Redis, grows while a quick one answers at once.
    static constexpr std::size_t least_window = 512 * 1024, most_window = 4 * 1024 * 1024;
    std::size_t write_window_ = least_window;
    bool window_was_full_ = false;
    MonoTime last_answer_{};

    // publisher.cpp
    ChannelId open_channel(Subscription what, std::string_view provider, std::string_view native);
    ChannelId open_source_channel(Subscription what, std::string_view provider, std::string_view native);
    std::uint32_t add_channel(Subscription what, std::string name);
    std::string channel_name(Subscription what, std::string_view source) const;
    void set_head(Channel& c, std::string_view provider, std::string_view native);
    void close_channel(Channel& c);
    template <class Message>
    void publish(ChannelId id, const Message& m);
    template <class Message>
    char* put_message(char* out, Channel& c, const Message& m, const Stamp& stamp);
    void keep_last(std::uint32_t index, std::string_view payload, std::int64_t at_us);
    void append_published(std::uint32_t index, std::string_view payload, std::uint64_t seq);
    void append_stream(std::uint32_t index, std::string_view payload, std::uint64_t seq);
    bool congested() const noexcept {
        return !live_ || pending_head_ < pending_.size() || queue_.unsent_bytes() > options_.conflate_above;
    }
    void flush();
    void pump(MonoTime now);
    std::string_view next_piece(MonoTime now);
    void piece_sent(std::size_t n, MonoTime now);
    void batch_written();

    // publisher_tap.cpp
    void tap_message(const Channel& c, const Stamp& stamp, bool backfill, std::string_view payload) noexcept {
        if (tap_ == nullptr || c.source || !tap_->wants(c.what.instrument, c.what.kind)) [[likely]]
            return;
        TapRecord record;
        record.kind = c.what.kind;
        record.timeframe = c.what.timeframe;
        record.backfill = backfill;
        record.instrument = c.what.instrument;
        record.session = session_number_;
        record.seq = stamp.seq;
        record.payload = payload;
        tap_->put(record);
    }
    void tap_state(InstrumentId id, const InstrumentRecord& r);
    void tap_event(const Event& e);
    void tell(TapSnapshot& snapshot);

    // publisher_gaps.cpp
    void lose(Channel& c, std::uint64_t seq, UnixNanos at, std::string_view cause);
    void settle(std::uint32_t index);
    void emit_pending();
    void make_room();
    void announce_drops();
    void open_gap(std::uint32_t index, bool in_front);
    void emit_gap(std::string_view event, const Channel& c, const Hole& hole, bool in_front);
    void close_gaps(MonoTime now, bool all);
    void announce_unproven();
    void emit_event(const Event& e, bool in_front, std::string_view source = {}); // source: its own channel is meant
    void emit_gap_event(Event& e, const Channel& c, bool in_front);
    std::uint32_t event_channel(const Event& e);
    void number_event(char* command, std::size_t size, Command& c);
    void new_session(std::string_view previous);
    void discard_queue();

    // publisher_keys.cpp
    std::string key(std::string_view a, std::string_view b = {}, std::string_view c = {}) const;
    void append_key(Tag tag, std::initializer_list<std::string_view> arguments);
    InstrumentRecord& record(InstrumentId id);
    void touch_record(InstrumentId id, InstrumentRecord& r);
    void set_state(InstrumentId id, InstrumentState state, std::string_view reason, std::string_view provider);
    void write_info();
    void write_alive();
    void renew(Moment now);
    void write_heartbeat(Moment now);
    void write_feed_status(const std::string& feed, FeedRecord& r);
    void write_instruments(std::size_t most);
    void write_last_values(bool all);
    void rewrite_everything();
    void mark_last_values_dirty();
    void tick(Moment now);
    bool drained(MonoTime now);

    // publisher_connection.cpp
    asio::awaitable<void> run();
    asio::awaitable<void> connections();
    asio::awaitable<void> one_connection();
    asio::awaitable<result<Reply>> ask(std::vector<std::string> command);
    asio::awaitable<bool> handshake();
    asio::awaitable<void> read_loop();
    asio::awaitable<void> write_loop();
    asio::awaitable<void> ticks();
    asio::awaitable<void> pause(std::chrono::milliseconds time);
    void became_owner(const HandshakeFsm& fsm);
    void became_other(const std::string& holder);
    void drop_connection(std::string_view reason, const error_code& ec);
    void disconnected();
    std::chrono::milliseconds back_off();
    void explain_refusal(const HandshakeFsm& fsm);
    void changed();

    // publisher_replies.cpp
    bool take_replies(MonoTime now); // false: the connection is of no use
    bool on_error(const Command& c, std::string_view text);
    bool on_integer(const Command& c, std::int64_t value);
    void set_writable(bool writable, std::string_view why);
    void answered_up_to(MonoTime now);

    asio::any_io_executor executor_;
    PublisherOptions options_;
    const InstrumentTable& instruments_;
    LatencySink* latency_;
    net::Url url_;
    int database_ = 0;
    PublisherStats stats_;
    std::function<void()> on_change_;
    std::function<void(std::string_view payload)> on_event_;
    std::mt19937_64 random_{std::random_device{}()};

    std::deque<Channel> channels_;
    std::unordered_map<Subscription, std::uint32_t> channel_ids_;
    std::unordered_map<std::string, std::uint32_t> source_ids_; // by name
    std::vector<EventChannel> event_channels_;
    std::map<std::string, std::uint32_t, std::less<>> feed_event_channels_;
    std::deque<InstrumentRecord> records_; // by instrument
    std::vector<std::uint32_t> dirty_records_;
    std::map<std::string, FeedRecord, std::less<>> feeds_;

    CommandQueue queue_;
    std::vector<char> scratch_;
    std::string head_;
    std::vector<std::uint32_t> pending_; // channels with a conflated quote, first in first out from pending_head_ on
    std::size_t pending_head_ = 0;
    std::vector<std::uint32_t> drops_; // channels whose loss is to be announced in front
    struct OpenGap {                   // between gap_opened and gap_closed
        std::uint32_t channel = 0;
        bool in_front = false;
    };
    std::vector<OpenGap> open_gaps_;
    std::vector<std::uint32_t> dirty_, dirty_next_;
    std::uint64_t commands_at_beat_ = 0;

    // The clock is read for one message in eight of a batch: those between are less than microseconds apart.
    UnixNanos wall_for_message() noexcept {
        if (wall_uses_-- == 0) {
            wall_ = wall_now();
            wall_uses_ = 7;
        }
        return wall_;
    }
    UnixNanos wall_{};
    int wall_uses_ = 0;
    StampTexts texts_;

    Tap* tap_ = nullptr;
    std::string session_, session_part_;
    std::uint32_t session_number_ = 0;
    void begin_session(std::string_view previous);
    std::uint64_t heartbeat_seq_ = 0;
    Ownership ownership_ = Ownership::unknown;
    bool ever_owner_ = false;
    bool was_other_ = false;
    bool live_ = false;    // connected, owner, publishing
    bool dropped_ = false; // the connection is being given up
    OwnerLease lease_;
    MonoTime lease_sent_{}, renewal_sent_{};
    bool renewal_awaited_ = false;
    // Messages are grouped by the renewals between which they were published: an answered renewal proves that those
    // before it went to a master.
    std::uint32_t generation_ = 1, proven_ = 0, renewal_generation_ = 0;

    std::unique_ptr<net::ByteStream> stream_;
    ReplyScanner scanner_;
    asio::steady_timer tick_timer_, wake_, pause_;
    bool want_write_ = false, writing_ = false;
    std::string write_buffer_;
    MonoTime handshake_until_ = MonoTime::max(), next_role_{}, next_beat_{}, next_rewrite_ = MonoTime::max();
    int attempts_ = 0;
    std::chrono::milliseconds long_pause_{0}; // before the next attempt, instead of back-off
    std::array<Mark, 64> marks_{};
    std::size_t marks_begin_ = 0, marks_count_ = 0;
    std::uint64_t batch_messages_ = 0;
    UnixNanos batch_oldest_ = UnixNanos::max();

    bool running_ = false, stopping_ = false, farewell_ = false;
    MonoTime drain_until_{};
    log::Throttle connect_log_, error_log_, drop_log_;
    std::exception_ptr failure_;
};

} // namespace tickgate::redis
