#include "backfill/jobs_text.hpp"

#include "backfill/json_parts.hpp"

#include <algorithm>
#include <array>

namespace tickgate::backfill {

namespace {

constexpr std::array<std::string_view, 6> states{"waiting", "running", "done", "partial", "failed", "cancelled"};
constexpr std::array<std::string_view, 3> methods{"auto", "rest", "flat_files"};

template <std::size_t N>
std::optional<std::size_t> index_in(const std::array<std::string_view, N>& names, std::string_view name) {
    for (std::size_t i = 0; i < N; ++i)
        if (names[i] == name)
            return i;
    return std::nullopt;
}

json::object spec_json(const JobSpec& spec) {
    json::object o;
    o["instruments"] = json_of(spec.instruments);
    o["timeframes"] = json_of(spec.timeframes);
    o["from"] = spec.span.from.time_since_epoch().count();
    o["to"] = spec.span.to.time_since_epoch().count();
    o["provider"] = spec.provider;
    if (spec.variant) {
        json::object v;
        v["price_type"] = static_cast<std::int64_t>(spec.variant->price_type);
        v["align"] = static_cast<std::int64_t>(spec.variant->align);
        v["adjusted"] = spec.variant->adjusted;
        o["variant"] = std::move(v);
    }
    o["use_cache"] = spec.use_cache;
    o["method"] = methods[static_cast<std::size_t>(spec.method)];
    o["client"] = spec.client;
    return o;
}

JobSpec spec_from(const JsonReader& in) {
    JobSpec spec;
    spec.instruments = in.instruments("instruments");
    spec.timeframes = in.timeframes("timeframes");
    spec.span = {in.time("from").value_or(UnixNanos()), in.time("to").value_or(UnixNanos())};
    spec.provider = in.text("provider");
    if (const auto* variant = in.object("variant")) {
        const JsonReader v(*variant);
        const auto price = v.number("price_type"), align = v.number("align");
        if (price >= 0 && price <= 3 && align >= 0 && align <= 2)
            spec.variant =
                BarVariant{static_cast<PriceType>(price), static_cast<Alignment>(align), v.flag("adjusted", false)};
    }
    spec.use_cache = in.flag("use_cache", true);
    spec.method = static_cast<Method>(index_in(methods, in.text("method")).value_or(0));
    spec.client = in.text("client");
    return spec;
}

json::array spans_json(const std::vector<store::CoverageSpan>& spans) {
    json::array out;
    for (const auto& piece : spans) {
        json::object o;
        o["from"] = piece.span.from.time_since_epoch().count();
        o["to"] = piece.span.to.time_since_epoch().count();
        o["cause"] = store::to_string(piece.cause);
        o["known_at"] = piece.known_at.time_since_epoch().count();
        out.emplace_back(std::move(o));
    }
    return out;
}

std::vector<store::CoverageSpan> spans_from(const json::object& in) {
    std::vector<store::CoverageSpan> out;
    const auto* v = in.if_contains("missing");
    const auto* list = v ? v->if_array() : nullptr;
    for (std::size_t i = 0; list && i < list->size(); ++i) {
        const auto* o = (*list)[i].if_object();
        if (!o)
            continue;
        const JsonReader one(*o);
        const auto cause = store::cause_from(one.text("cause"));
        const auto from = one.time("from"), to = one.time("to"), known_at = one.time("known_at");
        if (cause && from && to)
            out.push_back({{*from, *to}, *cause, known_at.value_or(UnixNanos())});
    }
    return out;
}

} // namespace

std::string_view to_string(JobState s) noexcept {
    const auto i = static_cast<std::size_t>(s);
    return i < states.size() ? states[i] : "unknown";
}

std::string to_text(const JobView& job) {
    json::object o;
    o["v"] = 1;
    o["id"] = job.id;
    o["spec"] = spec_json(job.spec);
    o["state"] = to_string(job.state);
    o["done_ns"] = job.progress.done.count();
    o["total_ns"] = job.progress.total.count();
    o["bars"] = static_cast<std::int64_t>(job.progress.bars);
    o["requests"] = static_cast<std::int64_t>(job.progress.requests);
    o["series_done"] = static_cast<std::int64_t>(job.series_done);
    o["missing"] = spans_json(job.missing);
    o["error"] = job.error;
    o["created"] = json_of(std::optional(job.created));
    o["updated"] = json_of(std::optional(job.updated));
    o["started"] = json_of(job.started);
    o["ended"] = json_of(job.ended);
    return json::serialize(o);
}

std::optional<JobView> job_from(std::string_view text) {
    boost::system::error_code fault;
    const auto value = json::parse(json::string_view(text.data(), text.size()), fault);
    const auto* o = fault ? nullptr : value.if_object();
    if (!o)
        return std::nullopt;
    const JsonReader in(*o);
    const auto state = index_in(states, in.text("state"));
    const auto* spec = in.object("spec");
    if (in.number("v") != 1 || !state || !spec)
        return std::nullopt;
    JobView job;
    job.id = in.text("id");
    job.spec = spec_from(JsonReader(*spec));
    job.state = static_cast<JobState>(*state);
    job.progress.done = std::chrono::nanoseconds(in.number("done_ns"));
    job.progress.total = std::chrono::nanoseconds(in.number("total_ns"));
    job.progress.bars = static_cast<std::uint64_t>(std::max<std::int64_t>(in.number("bars"), 0));
    job.progress.requests = static_cast<std::uint64_t>(std::max<std::int64_t>(in.number("requests"), 0));
    job.series_done = static_cast<std::size_t>(std::max<std::int64_t>(in.number("series_done"), 0));
    job.series = job.spec.instruments.size() * job.spec.timeframes.size();
    job.missing = spans_from(*o);
    job.error = in.text("error");
    job.created = in.time("created").value_or(UnixNanos());
    job.updated = in.time("updated").value_or(UnixNanos());
    job.started = in.time("started");
    job.ended = in.time("ended");
    if (job.id.empty() || job.series == 0)
        return std::nullopt;
    return job;
}

} // namespace tickgate::backfill
