// Writing and erasing: each in one transaction, bars and coverage together.
#include "store/batch.hpp"
#include "store/names.hpp"
#include "store/sqlite/sqlite_store.hpp"

#include <array>

namespace tickgate::store::sqlite {

namespace {

constexpr std::string_view writing = "write bars", erasing = "erase bars";

// The columns of a bar as they are bound; the text lies in here.
class BarColumns {
public:
    explicit BarColumns(const StoredBar& stored) noexcept : stored_(stored) {
        const Bar& bar = stored.bar;
        char* at = text_.data();
        const auto print = [&](std::size_t i, const Decimal& d) {
            char* const end = d.print(at);
            columns_[i] = {at, static_cast<std::size_t>(end - at)};
            at = end;
        };
        print(0, bar.open);
        print(1, bar.high);
        print(2, bar.low);
        print(3, bar.close);
        if (bar.volume)
            print(4, *bar.volume);
        if (bar.vwap)
            print(5, *bar.vwap);
    }

    void bind(Query& query, std::int64_t series) const noexcept {
        const Bar& bar = stored_.bar;
        query << series << ticks_of(bar.open_time) << (bar.close_time - bar.open_time).count();
        for (std::size_t i = 0; i < 4; ++i)
            query << columns_[i];
        bar.volume ? query << columns_[4] : query << std::nullopt;
        bar.vwap ? query << columns_[5] : query << std::nullopt;
        bar.trades ? query << *bar.trades : query << std::nullopt;
        query << pack_kind(bar) << ticks_of(stored_.fetched_at);
    }

private:
    const StoredBar& stored_;
    std::array<std::string_view, 6> columns_;
    std::array<char, 6 * Decimal::max_text> text_;
};

} // namespace

result<SqliteStore::SeriesId> SqliteStore::find_or_add(const SeriesKey& key) {
    const auto found = find(key);
    if (!found)
        return found.error();
    if (*found)
        return **found;
    {
        Query add(db_, add_series_, writing);
        add << to_string(key.instrument.asset_class) << std::string_view(key.instrument.symbol)
            << std::string_view(key.provider) << tickgate::to_string(key.timeframe) << name_of(key.variant.price_type)
            << name_of(key.variant.align) << std::int64_t{key.variant.adjusted};
        if (const auto ec = add.execute())
            return ec;
    }
    const auto added = find(key);
    if (!added)
        return added.error();
    if (!*added) {
        db_.problem() = "a new series is not there: " + key.to_string();
        return errc::store_failed;
    }
    return **added;
}

result<WriteResult> SqliteStore::write(const Batch& batch) {
    const auto done = write(batch, std::nullopt);
    if (!done)
        return done.error();
    return done->value();
}

result<Outcome> SqliteStore::write_unless_erased(const Batch& batch, std::int64_t erasures) {
    const auto done = write(batch, std::optional(erasures));
    if (!done)
        return done.error();
    return outcome_of(done->has_value());
}

result<std::optional<WriteResult>> SqliteStore::write(const Batch& batch, std::optional<std::int64_t> erasures) {
    if (const auto ec = db_.check_in_place())
        return ec;
    Transaction transaction(db_);
    if (const auto ec = transaction.begin())
        return ec;
    const auto id = find_or_add(batch.series);
    if (!id)
        return id.error();
    if (erasures) {
        const auto now = erasures_of(*id);
        if (!now)
            return now.error();
        if (*now != *erasures)
            return std::optional<WriteResult>();
    }
    const auto done = write_in(*id, batch);
    if (!done)
        return done.error();
    if (const auto ec = transaction.commit())
        return ec;
    known_.emplace(batch.series, *id); // not before: what is rolled back has no number
    return std::optional(*done);
}

result<WriteResult> SqliteStore::write_in(SeriesId id, const Batch& batch) {
    WriteResult done;
    const auto bars = distinct_bars(batch);
    if (const auto ec = take_out_others(id, bars, batch.replaces, done))
        return ec;
    {
        Query add(db_, add_bar_, writing);
        for (const auto* bar : bars) {
            const BarColumns columns(*bar); // SQLite reads them when it executes
            columns.bind(add, id);
            if (const auto ec = add.execute())
                return ec;
            if (db_.changes() != 0)
                ++done.inserted;
            else if (const auto failed = change(id, *bar, done))
                return failed;
        }
    }
    if (done.inserted != done.removed)
        if (const auto ec = count(id, static_cast<std::int64_t>(done.inserted - done.removed)))
            return ec;
    if (const auto ec = update_coverage(id, batch.coverage))
        return ec;
    return done;
}

error_code SqliteStore::change(SeriesId id, const StoredBar& bar, WriteResult& done) {
    const BarColumns columns(bar);
    Query query(db_, change_bar_, writing);
    columns.bind(query, id);
    const auto ec = query.execute();
    if (!ec && db_.changes() != 0)
        ++done.changed;
    return ec;
}

error_code SqliteStore::take_out_others(
    SeriesId id, const std::vector<const StoredBar*>& bars, const std::vector<Span>& spans, WriteResult& done) {
    std::vector<std::int64_t> others;
    for (const auto& span : spans) {
        Query times(db_, times_, writing);
        times << id << ticks_of(span.from) << ticks_of(span.to);
        while (times.next())
            if (!holds(bars, time_of(times.integer(0))))
                others.push_back(times.integer(0));
        if (times.error())
            return times.error();
    }
    Query remove(db_, remove_bar_, writing);
    for (const auto open : others) {
        remove << id << open;
        if (const auto ec = remove.execute())
            return ec;
        done.removed += static_cast<std::uint64_t>(db_.changes()); // none if two spans held it
    }
    return {};
}

error_code SqliteStore::count(SeriesId id, std::int64_t more) {
    Query query(db_, count_series_, writing);
    query << more << id;
    return query.execute();
}

error_code SqliteStore::replace_coverage(SeriesId id, const CoverageMap& before, const CoverageMap& after) {
    const auto same_in = [](const CoverageMap& map, const CoverageSpan& piece) {
        const auto at = map.spans().find(piece.span.from);
        return at != map.spans().end() && at->second == piece;
    };
    Query remove(db_, remove_span_, writing);
    for (const auto& [from, piece] : before.spans()) {
        if (after.spans().count(from) != 0)
            continue;
        remove << id << ticks_of(from);
        if (const auto ec = remove.execute())
            return ec;
    }
    Query put(db_, put_span_, writing);
    for (const auto& [from, piece] : after.spans()) {
        if (same_in(before, piece))
            continue;
        put << id << ticks_of(from) << ticks_of(piece.span.to) << to_string(piece.cause) << ticks_of(piece.known_at);
        if (const auto ec = put.execute())
            return ec;
    }
    return {};
}

result<std::uint64_t> SqliteStore::erase(const EraseFilter& filter) {
    if (const auto ec = db_.check_in_place())
        return ec;
    const auto all = rows();
    if (!all)
        return all.error();
    std::uint64_t erased = 0;
    for (const auto& row : *all) {
        if (!matches(filter, row.info.key))
            continue;
        Transaction transaction(db_); // one a series, so that other writers have their turn
        if (const auto ec = transaction.begin())
            return ec;
        const auto gone = erase_in(row.id, filter.fetched_before);
        if (!gone)
            return gone;
        if (const auto ec = transaction.commit())
            return ec;
        erased += *gone;
    }
    give_room_back();
    return erased;
}

result<std::uint64_t> SqliteStore::erase_in(SeriesId id, std::optional<UnixNanos> fetched_before) {
    if (fetched_before) {
        const auto spans = old_bars(id, *fetched_before);
        if (!spans)
            return spans.error();
        const auto before = load_coverage(id, {UnixNanos::min(), UnixNanos::max()});
        if (!before)
            return before.error();
        if (const auto ec = replace_coverage(id, *before, without(*before, *spans, fetched_before)))
            return ec;
    } else {
        Query spans(db_, erase_spans_, erasing);
        spans << id;
        if (const auto ec = spans.execute())
            return ec;
    }
    Query bars(db_, fetched_before ? erase_old_ : erase_bars_, erasing);
    bars << id;
    if (fetched_before)
        bars << ticks_of(*fetched_before);
    if (const auto ec = bars.execute())
        return ec;
    const auto gone = db_.changes();
    if (gone == 0)
        return std::uint64_t{0};
    if (const auto ec = count(id, -gone))
        return ec;
    Query note(db_, note_erasure_, erasing);
    note << id;
    if (const auto ec = note.execute())
        return ec;
    return static_cast<std::uint64_t>(gone);
}

result<std::vector<Span>> SqliteStore::old_bars(SeriesId id, UnixNanos fetched_before) {
    std::vector<Span> out;
    Query query(db_, old_, erasing);
    query << id << ticks_of(fetched_before);
    while (query.next()) {
        const Span bar{time_of(query.integer(0)), time_of(query.integer(0) + query.integer(1))};
        if (!out.empty() && out.back().to >= bar.from)
            out.back().to = std::max(out.back().to, bar.to);
        else
            out.push_back(bar);
    }
    if (query.error())
        return query.error();
    return out;
}

// What fails here changes nothing about what was erased; a later erasing tries again.
void SqliteStore::give_room_back() {
    if (!db_.run("PRAGMA incremental_vacuum", "give room back"))
        db_.run("PRAGMA wal_checkpoint(PASSIVE)", "give room back");
}

} // namespace tickgate::store::sqlite
