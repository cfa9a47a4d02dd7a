// One price stream of a client: a fixed list, conflated prices, heartbeats.
#pragma once

#include "oanda/venue/book.hpp"
#include "oanda/venue/options.hpp"

#include "venue_kit/client.hpp"
#include "venue_kit/replay.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::oanda_venue {

class PriceStream;

// What streams share: the books, the options, the list of open streams.
struct Streams {
    Streams(const OandaOptions& o, const kit::FaultBoard& f, const std::vector<std::unique_ptr<Book>>& b)
        : options(o), faults(f), books(b) {}

    const OandaOptions& options;
    const kit::FaultBoard& faults;
    const std::vector<std::unique_ptr<Book>>& books;
    std::vector<PriceStream*> open;
    std::uint64_t lines = 0, conflated = 0, heartbeats = 0, left_out = 0;
    // Of a replay: the last line of each instrument, sent as its snapshot.
    std::vector<std::string_view> last_lines;
    bool replay = false;

    std::chrono::milliseconds skew() const;
};

// Lines are sent whole, or (no fault being in force) in chunks that end anywhere: what is cut off follows within 20 ms.
class PriceStream final : public kit::VenueClient {
public:
    // `list`: places in Streams::books, without repeats.
    PriceStream(Streams& streams, kit::ClientPort& port, std::vector<std::size_t> list, bool snapshot, bool unix_time,
        Moment now);
    ~PriceStream() override;
    PriceStream(const PriceStream&) = delete;
    PriceStream& operator=(const PriceStream&) = delete;

    void tick(Moment now) override;
    bool expire(Moment now) override;

    // The book has a new price. With conflation, what comes too soon waits, and only the last of it is sent.
    void on_price(std::size_t book, Moment now);
    void send_line(std::size_t book, std::string_view line); // as it is, of a replay
    void send_heartbeat_line(std::string_view line);
    void leave_out(std::int64_t count, std::string_view native); // the next lines of it, or of every instrument
    void say(std::string_view line);                             // no data
    void end();                                                  // the last chunk

    std::string_view peer() const noexcept { return port_.peer(); }
    std::size_t size() const noexcept { return list_.size(); }

private:
    struct Entry {
        std::size_t book = 0;
        MonoTime next{}; // not before
        bool waiting = false;
        std::int64_t left_out = 0;
    };
    Entry* find(std::size_t book) noexcept;
    void send_price(Entry& entry, Moment now);
    void send_data(std::string_view line);
    void flush_tail();

    Streams& streams_;
    kit::ClientPort& port_;
    std::vector<std::size_t> list_;
    std::vector<Entry> entries_;
    std::vector<std::int32_t> places_; // of a book in entries_, or -1
    bool unix_time_;
    MonoTime next_heartbeat_;
    std::string line_, tail_;
    std::uint64_t cuts_ = 0;
};

} // namespace tickgate::oanda_venue
