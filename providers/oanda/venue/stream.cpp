#include "oanda/venue/stream.hpp"

#include "venue_kit/hash.hpp"

#include <algorithm>

namespace tickgate::oanda_venue {

std::chrono::milliseconds Streams::skew() const {
    const auto* hit = faults.find(kit::FaultKind::clock_skew);
    return std::chrono::milliseconds(hit == nullptr ? 0 : hit->fault.value);
}

PriceStream::PriceStream(
    Streams& streams, kit::ClientPort& port, std::vector<std::size_t> list, bool snapshot, bool unix_time, Moment now)
    : streams_(streams),
      port_(port),
      list_(std::move(list)),
      places_(streams.books.size(), -1),
      unix_time_(unix_time),
      next_heartbeat_(now.mono + streams.options.heartbeat) {
    for (const auto book : list_) {
        places_[book] = static_cast<std::int32_t>(entries_.size());
        entries_.push_back({book, {}, false, 0});
    }
    streams_.open.push_back(this);
    if (!snapshot)
        return;
    for (auto& entry : entries_) {
        if (!streams_.replay)
            send_price(entry, now);
        else if (const auto last = streams_.last_lines[entry.book]; !last.empty())
            send_line(entry.book, last);
    }
}

PriceStream::~PriceStream() { std::erase(streams_.open, this); }

PriceStream::Entry* PriceStream::find(std::size_t book) noexcept {
    const auto place = places_[book];
    return place < 0 ? nullptr : &entries_[static_cast<std::size_t>(place)];
}

void PriceStream::on_price(std::size_t book, Moment now) {
    auto* entry = find(book);
    if (entry == nullptr)
        return;
    if (now.mono < entry->next) {
        streams_.conflated += entry->waiting ? 1 : 0;
        entry->waiting = true;
        return;
    }
    send_price(*entry, now);
}

void PriceStream::send_price(Entry& entry, Moment now) {
    const auto& book = *streams_.books[entry.book];
    entry.waiting = false;
    entry.next = now.mono + streams_.options.conflation;
    line_.clear();
    append_price(line_, book, streams_.skew(), unix_time_, "PRICE");
    send_line(entry.book, line_);
}

void PriceStream::send_line(std::size_t book, std::string_view line) {
    auto* entry = find(book);
    if (entry == nullptr || streams_.faults.silences(streams_.books[book]->instrument().native))
        return;
    if (entry->left_out > 0) {
        --entry->left_out;
        ++streams_.left_out;
        return;
    }
    ++streams_.lines;
    send_data(line);
}

void PriceStream::send_data(std::string_view line) {
    // What the faults do to a message must find a whole one.
    if (streams_.options.whole_lines || streams_.faults.any()) {
        flush_tail();
        std::string whole(line);
        whole += '\n';
        return port_.send_data(whole);
    }
    tail_.append(line);
    tail_ += '\n';
    const auto cut = static_cast<std::size_t>(kit::mix(port_.id(), ++cuts_)) % (2 * line.size());
    if (cut >= tail_.size()) // now and then nothing, so that a chunk holds several lines
        return;
    const auto keep = tail_.substr(tail_.size() - cut);
    tail_.resize(tail_.size() - cut);
    port_.send_data(tail_);
    tail_ = keep;
}

void PriceStream::flush_tail() {
    if (tail_.empty())
        return;
    port_.send_control(tail_);
    tail_.clear();
}

void PriceStream::say(std::string_view line) {
    flush_tail();
    std::string whole(line);
    whole += '\n';
    port_.send_control(whole);
}

void PriceStream::send_heartbeat_line(std::string_view line) {
    flush_tail();
    std::string whole(line);
    whole += '\n';
    port_.send_heartbeat(whole);
    ++streams_.heartbeats;
}

void PriceStream::leave_out(std::int64_t count, std::string_view native) {
    for (auto& entry : entries_)
        if (native.empty() || streams_.books[entry.book]->instrument().native == native)
            entry.left_out += count;
}

void PriceStream::end() {
    flush_tail();
    port_.close(1000, {});
}

bool PriceStream::expire(Moment) {
    end();
    return true;
}

void PriceStream::tick(Moment now) {
    flush_tail();
    for (auto& entry : entries_)
        if (entry.waiting && now.mono >= entry.next)
            send_price(entry, now);
    if (streams_.options.heartbeat.count() == 0 || now.mono < next_heartbeat_)
        return;
    next_heartbeat_ = std::max(next_heartbeat_ + streams_.options.heartbeat, now.mono);
    line_ = R"({"type":"HEARTBEAT","time":)";
    append_time(line_, now.wall + streams_.skew(), unix_time_);
    line_ += '}';
    send_heartbeat_line(line_);
}

} // namespace tickgate::oanda_venue
