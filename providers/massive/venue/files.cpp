#include "massive/venue/files.hpp"

#include "massive/venue/file_rows.hpp"
#include "massive/venue/s3_auth.hpp"
#include "venue_kit/hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tickgate::massive_venue {

using namespace std::chrono_literals;
namespace chrono = std::chrono;

namespace {

constexpr std::size_t kept_files = 4;
constexpr std::size_t most_keys = 1000;

net::HttpResponse refusal(int status, std::string_view code, std::string_view text) {
    net::HttpResponse response;
    response.status = status;
    response.content_type = "application/xml";
    response.body =
        fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>"
                    "<RequestId>0</RequestId></Error>",
            code, text);
    return response;
}

std::string_view words_of(std::string_view code) noexcept {
    if (code == "RequestTimeTooSkewed")
        return "The difference between the request time and the current time is too large.";
    if (code == "SignatureDoesNotMatch")
        return "The request signature we calculated does not match the signature you provided.";
    if (code == "InvalidAccessKeyId")
        return "The access key id you provided does not exist in our records.";
    return "Access Denied.";
}

// `us_stocks_sip/trades_v1/2024/03/2024-03-08.csv.gz`
std::string key_of(std::string_view prefix, std::string_view type, chrono::sys_days day) {
    const auto date = date_text(day);
    return fmt::format("{}/{}/{}/{}/{}.csv.gz", prefix, type, date.substr(0, 4), date.substr(5, 2), date);
}

bool number(std::string_view text, std::uint64_t& into) noexcept {
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), into);
    return ec == std::errc() && end == text.data() + text.size();
}

struct Range {
    std::uint64_t first = 0, last = 0;
};
// `bytes=5-9`, `bytes=5-`, `bytes=-5`. Empty: none that can be satisfied.
std::optional<Range> range_of(std::string_view text, std::uint64_t size) noexcept {
    Range out;
    if (!text.starts_with("bytes=") || size == 0)
        return std::nullopt;
    text.remove_prefix(6);
    const auto dash = text.find('-');
    if (dash == std::string_view::npos)
        return std::nullopt;
    const auto from = text.substr(0, dash), to = text.substr(dash + 1);
    out.last = size - 1;
    if (from.empty()) {
        std::uint64_t tail = 0;
        if (!number(to, tail) || tail == 0)
            return std::nullopt;
        out.first = size - std::min(tail, size);
        return out;
    }
    if (!number(from, out.first) || (!to.empty() && !number(to, out.last)) || out.first >= size || out.first > out.last)
        return std::nullopt;
    out.last = std::min(out.last, size - 1);
    return out;
}

} // namespace

// By prefix and type, as their keys sort.
const std::vector<FileDoor::Set>& FileDoor::sets() {
    static const std::vector<Set> all{{Cluster::crypto, "global_crypto", "day_aggs_v1"},
        {Cluster::crypto, "global_crypto", "minute_aggs_v1"}, {Cluster::crypto, "global_crypto", "trades_v1"},
        {Cluster::forex, "global_forex", "day_aggs_v1"}, {Cluster::forex, "global_forex", "minute_aggs_v1"},
        {Cluster::forex, "global_forex", "quotes_v1"}, {Cluster::indices, "us_indices", "day_aggs_v1"},
        {Cluster::indices, "us_indices", "minute_aggs_v1"}, {Cluster::indices, "us_indices", "values_v1"},
        {Cluster::options, "us_options_opra", "day_aggs_v1"}, {Cluster::options, "us_options_opra", "minute_aggs_v1"},
        {Cluster::options, "us_options_opra", "quotes_v1"}, {Cluster::options, "us_options_opra", "trades_v1"},
        {Cluster::stocks, "us_stocks_sip", "day_aggs_v1"}, {Cluster::stocks, "us_stocks_sip", "minute_aggs_v1"},
        {Cluster::stocks, "us_stocks_sip", "quotes_v1"}, {Cluster::stocks, "us_stocks_sip", "trades_v1"}};
    return all;
}

bool FileDoor::carry_out(std::string_view name) {
    if (name == "slow_down")
        slow_downs_ = 3;
    else if (name == "wrong_etag")
        ++etag_version_;
    else if (name == "truncated_file")
        truncated_ = true;
    else if (name == "cut_download")
        cut_ = true;
    else
        return false;
    made_.clear();
    return true;
}

net::HttpResponse FileDoor::handle(const net::HttpRequest& request, UnixNanos market, UnixNanos clock) {
    if (slow_downs_ > 0) {
        --slow_downs_;
        return refusal(503, "SlowDown", "Please reduce your request rate.");
    }
    if (const auto code = options_.common.key.empty() ? std::string() : s3_refusal(request, options_, clock);
        !code.empty())
        return refusal(403, code, words_of(code));
    if (request.method != "GET" && request.method != "HEAD")
        return refusal(405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
    if (request.path.size() <= root.size() + 1)
        return list(request, market);
    for (const auto& prefix : options_.rest_refused)
        if (request.path.starts_with(prefix))
            return refusal(403, "AccessDenied", words_of(""));
    const auto key = request.path.substr(root.size() + 1);
    const auto& found = file(key, market);
    if (found.body.empty())
        return refusal(404, "NoSuchKey", "The specified key does not exist.");
    const bool sold = options_.clusters.empty() || std::any_of(sets().begin(), sets().end(), [&](const Set& set) {
        return key.starts_with(set.prefix) && std::find(options_.clusters.begin(), options_.clusters.end(),
                                                  to_string(set.cluster)) != options_.clusters.end();
    });
    return sold ? object(request, found) : refusal(403, "AccessDenied", words_of(""));
}

net::HttpResponse FileDoor::object(const net::HttpRequest& request, const File& file) {
    net::HttpResponse response;
    const auto tag = etag(file.key);
    response.headers.emplace_back("ETag", tag);
    response.headers.emplace_back("Accept-Ranges", "bytes");
    response.content_type = "application/gzip";
    if (const auto match = request.header("if-match"); !match.empty() && match != tag && match != "*")
        return refusal(412, "PreconditionFailed", "At least one of the preconditions you specified did not hold.");
    response.body = file.body;
    if (const auto text = request.header("range"); !text.empty()) {
        const auto range = range_of(text, file.body.size());
        if (!range)
            return refusal(416, "InvalidRange", "The requested range is not satisfiable.");
        response.status = 206;
        response.headers.emplace_back(
            "Content-Range", fmt::format("bytes {}-{}/{}", range->first, range->last, file.body.size()));
        response.body = file.body.substr(range->first, range->last - range->first + 1);
    }
    return response;
}

// Made when first asked for; a few are kept.
const FileDoor::File& FileDoor::file(const std::string& key, UnixNanos market) {
    const auto it = std::find_if(made_.begin(), made_.end(), [&](const File& f) { return f.key == key; });
    if (it != made_.end()) {
        made_.splice(made_.begin(), made_, it);
        return made_.front();
    }
    File made;
    made.key = key;
    const auto date = key.size() > 17 ? parse_date(std::string_view(key).substr(key.size() - 17, 10)) : std::nullopt;
    for (const auto& set : sets())
        if (date && key == key_of(set.prefix, set.type, *date) && exists(set, *date, market))
            made.body = compressed(text(set, *date));
    if (truncated_)
        made.body.resize(made.body.size() / 2);
    made_.push_front(std::move(made));
    if (made_.size() > kept_files)
        made_.pop_back();
    return made_.front();
}

bool FileDoor::exists(const Set& set, chrono::sys_days day, UnixNanos market) const {
    const auto& home = *markets_[static_cast<std::size_t>(set.cluster)];
    const auto begin = file_begin(set.cluster, day), end = file_begin(set.cluster, day + chrono::days(1));
    const auto oldest = options_.history_days == 0 ? kit::Tape::history_begin
                                                   : market - 24h * static_cast<std::int64_t>(options_.history_days);
    if (home.size() == 0 || begin < kit::Tape::history_begin || begin < oldest || end + options_.file_delay > market)
        return false;
    return !options_.market_hours || is_traded(set.cluster, begin + 12h); // else no row is in it
}

std::string FileDoor::text(const Set& set, chrono::sys_days day) {
    return file_text(*markets_[static_cast<std::size_t>(set.cluster)], set.type, day, options_.tick_file_symbols);
}

// As of an upload in parts: no MD5 of the whole, so that listings need not make every file.
std::string FileDoor::etag(std::string_view key) const {
    const auto h = kit::hash_text(key);
    return fmt::format("\"{:016x}{:016x}-1\"", kit::mix(h, options_.common.seed), kit::mix(h, etag_version_));
}

std::uint64_t FileDoor::size_of(const Set& set, const std::string& key) const {
    for (const auto& f : made_)
        if (f.key == key)
            return f.body.size();
    return 20'000 * markets_[static_cast<std::size_t>(set.cluster)]->size(); // about
}

net::HttpResponse FileDoor::list(const net::HttpRequest& request, UnixNanos market) {
    const auto prefix = request.parameter("prefix");
    const auto after = std::max(request.parameter("continuation-token"), request.parameter("start-after"));
    std::uint64_t most = most_keys;
    if (const auto text = request.parameter("max-keys"); !text.empty() && (!number(text, most) || most > most_keys))
        return refusal(400, "InvalidArgument", "max-keys is a number from 0 to 1000");
    if (request.parameter("list-type") != "2")
        return refusal(400, "InvalidArgument", "list-type is 2");
    std::string contents, last;
    std::uint64_t count = 0;
    bool more = false;
    const auto today = chrono::floor<chrono::days>(market);
    for (const auto& set : sets()) {
        const auto folder = fmt::format("{}/{}/", set.prefix, set.type);
        if (more || (!folder.starts_with(prefix) && !prefix.starts_with(folder)))
            continue;
        for (auto day = chrono::floor<chrono::days>(kit::Tape::history_begin); day <= today; day += chrono::days(1)) {
            const auto key = key_of(set.prefix, set.type, day);
            if (!key.starts_with(prefix) || key <= after || !exists(set, day, market))
                continue;
            if (count == most) {
                more = true;
                break;
            }
            ++count;
            contents += fmt::format(
                "<Contents><Key>{}</Key><LastModified>{}T16:00:00.000Z</LastModified>"
                "<ETag>&quot;{}&quot;</ETag><Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
                key, date_text(day + chrono::days(1)), std::string_view(etag(key)).substr(1, 34), size_of(set, key));
            last = key;
        }
    }
    net::HttpResponse response;
    response.content_type = "application/xml";
    response.body =
        fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
                    "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>flatfiles</Name><Prefix>{}</Prefix>"
                    "<KeyCount>{}</KeyCount><MaxKeys>{}</MaxKeys><IsTruncated>{}</IsTruncated>{}{}"
                    "</ListBucketResult>",
            prefix, count, most, more,
            more ? fmt::format("<NextContinuationToken>{}</NextContinuationToken>", last) : std::string(), contents);
    return response;
}

} // namespace tickgate::massive_venue
