#include "api/readiness.hpp"

#include "api/problem.hpp"

namespace tickgate::api {

std::string readiness_members(const Readiness& readiness) {
    std::string out = readiness.ready ? R"("ready":true,"reasons":[)" : R"("ready":false,"reasons":[)";
    for (std::size_t i = 0; i < readiness.reasons.size(); ++i) {
        if (i > 0)
            out += ',';
        append_json_string(out, redact(readiness.reasons[i]));
    }
    out += R"(],"feeds":{)";
    for (std::size_t i = 0; i < readiness.feeds.size(); ++i) {
        if (i > 0)
            out += ',';
        append_json_string(out, readiness.feeds[i].first);
        out += ':';
        append_json_string(out, readiness.feeds[i].second);
    }
    out += '}';
    if (!readiness.holder.empty()) {
        out += R"(,"holder":)";
        append_json_string(out, readiness.holder);
    }
    return out;
}

std::string why_not_ready(const Readiness& readiness) {
    std::string out;
    for (const auto& reason : readiness.reasons) {
        if (!out.empty())
            out += "; ";
        out += redact(reason);
    }
    return out.empty() ? "not ready" : out;
}

} // namespace tickgate::api
