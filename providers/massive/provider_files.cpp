// Flat files.
#include "massive/flat_keys.hpp"
#include "massive/flat_reader.hpp"
#include "massive/provider.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"

#include <algorithm>

namespace tickgate::massive {

namespace {

using std::chrono::days;

// The service began in 2003; spans beyond any file are cut, so that a careless one stays small.
constexpr UnixNanos first_file{std::chrono::seconds(1041379200)}; // 2003-01-01

} // namespace

asio::awaitable<result<std::vector<BulkFile>>> MassiveProvider::bulk_files(BulkRequest request, Rest& rest) {
    const auto set = flat_set(request.asset_class, request.kind, request.timeframe);
    if (!set || !files_)
        co_return errc::not_supported;
    const auto from = std::max(request.from, first_file), to = std::min(request.to, wall_now());
    std::vector<BulkFile> out;
    if (to <= from)
        co_return out;
    const auto first = flat_day(set->cluster, from), last = flat_day(set->cluster, to - std::chrono::nanoseconds(1));
    const auto objects = co_await files_->list(flat_prefix(*set, first, last), rest);
    if (!objects)
        co_return objects.error() == errc::unknown_symbol ? make_error_code(errc::not_supported) : objects.error();
    for (const auto& object : *objects) {
        const auto day = day_of_key(*set, object.key);
        if (!day || *day < first || *day > last)
            continue;
        const auto span = flat_span(set->cluster, *day);
        BulkFile file;
        file.key = object.key;
        file.kind = request.kind;
        file.timeframe = request.timeframe;
        file.asset_class = request.asset_class;
        file.from = span.from;
        file.to = span.to;
        out.push_back(std::move(file));
    }
    std::sort(out.begin(), out.end(), [](const BulkFile& a, const BulkFile& b) { return a.from < b.from; });
    co_return out;
}

asio::awaitable<error_code> MassiveProvider::read_bulk_file(
    BulkFile file, std::vector<InstrumentName> instruments, BulkSink& sink, Rest& rest) {
    const auto set = flat_set(file.asset_class, file.kind, file.timeframe);
    if (!set || !files_ || !day_of_key(*set, file.key))
        co_return errc::not_supported;
    FlatReader reader(*set, instruments, sink, wall_now(), settings_.lot_size);
    BodySink take = [&reader](std::string_view bytes) { return reader.feed(bytes); };
    auto ec = co_await files_->read(file.key, std::move(take), rest);
    if (!ec)
        ec = reader.finish();
    const auto& stats = reader.stats();
    if (stats.bad > 0)
        log::warn("massive", "flat_file_bad_rows",
            {{"key", file.key}, {"bad", stats.bad}, {"rows", stats.rows}, {"first_line", stats.first_bad},
                {"problem", stats.problem}});
    if (ec == errc::unknown_symbol) // listed, and gone since
        ec = errc::venue_error;
    if (ec)
        log::warn("massive", "flat_file_failed", {{"key", file.key}, {"rows", stats.rows}, {"error", ec}});
    else
        log::info("massive", "flat_file_read",
            {{"key", file.key}, {"rows", stats.rows}, {"delivered", stats.delivered}, {"bad", stats.bad}});
    co_return ec;
}

} // namespace tickgate::massive
