// An S3 server in memory, behind Rest: no sockets, no signatures; faults on demand.
#pragma once

#include "massive/sigv4.hpp"

#include <tickgate/rest.hpp>

#include <algorithm>
#include <charconv>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace tickgate::massive::test {

class MemoryS3 final : public Rest {
public:
    struct File {
        std::string body, etag;
    };

    asio::awaitable<result<RestResponse>> send(RestRequest request) override {
        co_return answer(std::move(request), BodySink());
    }
    asio::awaitable<result<RestResponse>> send_streamed(RestRequest request, BodySink sink) override {
        co_return answer(std::move(request), std::move(sink));
    }
    void learn(std::size_t budget, const BudgetReading& reading) override {
        learned_budget = budget;
        spent += reading.spent_bytes.value_or(0);
    }

    void put(const std::string& key, std::string body, std::string etag = "\"d41d8cd98f00b204e9800998ecf8427e-2\"") {
        files[key] = {std::move(body), std::move(etag)};
    }

    std::map<std::string, File> files; // by key
    std::size_t page = 1000;           // keys of one listing
    // Faults.
    std::deque<result<RestResponse>> first;      // answered before anything else
    std::deque<std::size_t> cuts;                // bodies that break after so many bytes
    error_code cut_error = errc::protocol_error; // with this
    bool ignore_range = false, ignore_match = false, drop_etag = false;
    std::string replace_by; // after the next streamed piece, all files have this body and another ETag
    std::vector<std::pair<std::string, std::string>> extra_headers;
    std::size_t piece = 1000; // bytes the sink gets at once

    std::vector<RestRequest> requests;
    std::size_t learned_budget = 99;
    std::int64_t spent = 0;

    static std::string header(const RestRequest& request, std::string_view name) {
        for (const auto& [n, v] : request.headers)
            if (n == name)
                return v;
        return {};
    }
    static RestResponse error(int status, std::string_view code) {
        RestResponse r;
        r.status = status;
        r.body = "<?xml version=\"1.0\"?><Error><Code>" + std::string(code) +
                 "</Code><Message>no &amp; no</Message></Error>";
        return r;
    }

private:
    result<RestResponse> answer(RestRequest request, BodySink sink) {
        requests.push_back(request);
        if (!first.empty()) {
            auto out = std::move(first.front());
            first.pop_front();
            return out;
        }
        const std::string root = "/flatfiles";
        if (request.target.starts_with(root + "?"))
            return listing(request.target.substr(root.size() + 1));
        const auto it = files.find(request.target.substr(std::min(root.size() + 1, request.target.size())));
        if (it == files.end())
            return request.method == "HEAD" ? bare(404) : error(404, "NoSuchKey");
        return object(request, it->second, std::move(sink));
    }

    static RestResponse bare(int status) {
        RestResponse r;
        r.status = status;
        return r;
    }

    result<RestResponse> object(const RestRequest& request, const File& file, BodySink sink) {
        RestResponse r;
        r.status = 200;
        r.headers = extra_headers;
        if (!drop_etag)
            r.headers.emplace_back("etag", file.etag);
        if (request.method == "HEAD") {
            r.headers.emplace_back("content-length", std::to_string(file.body.size()));
            return r;
        }
        if (const auto match = header(request, "If-Match"); !match.empty() && match != file.etag && !ignore_match)
            return error(412, "PreconditionFailed");
        std::string body = file.body;
        if (const auto range = header(request, "Range"); !range.empty() && !ignore_range) {
            std::size_t from = 0, to = 0;
            const auto dash = range.find('-');
            std::from_chars(range.data() + 6, range.data() + dash, from);
            std::from_chars(range.data() + dash + 1, range.data() + range.size(), to);
            if (from >= file.body.size())
                return error(416, "InvalidRange");
            to = std::min(to, file.body.size() - 1);
            r.status = 206;
            r.headers.emplace_back("content-range",
                "bytes " + std::to_string(from) + "-" + std::to_string(to) + "/" + std::to_string(file.body.size()));
            body = file.body.substr(from, to - from + 1);
        }
        return stream(r, body, sink);
    }

    result<RestResponse> stream(RestResponse r, const std::string& body, const BodySink& sink) {
        auto left = body.size();
        bool cut = false;
        if (!cuts.empty()) {
            cut = cuts.front() < left;
            left = std::min(left, cuts.front());
            cuts.pop_front();
        }
        if (!sink) {
            r.body = body.substr(0, left);
            return r;
        }
        for (std::size_t at = 0; at < left; at += piece) {
            if (const auto ec = sink(std::string_view(body).substr(at, std::min(piece, left - at))))
                return ec;
            if (!replace_by.empty()) {
                for (auto& [key, file] : files)
                    file = {replace_by, "\"another-9\""};
                replace_by.clear();
            }
        }
        if (cut)
            return cut_error;
        return r;
    }

    result<RestResponse> listing(const std::string& query) {
        const auto value = [&](const std::string& name) {
            const auto at = ("&" + query).find("&" + name + "=");
            if (at == std::string::npos)
                return std::string();
            const auto from = at + name.size() + 1;
            auto text = query.substr(from, query.find('&', from) - from);
            for (auto p = text.find("%2F"); p != std::string::npos; p = text.find("%2F"))
                text.replace(p, 3, "/");
            return text;
        };
        const auto prefix = value("prefix"), after = value("continuation-token");
        RestResponse r;
        r.status = 200;
        std::string last;
        std::size_t count = 0;
        bool more = false;
        for (const auto& [key, file] : files) {
            if (!key.starts_with(prefix) || key <= after)
                continue;
            if (count == page) {
                more = true;
                break;
            }
            ++count;
            last = key;
            r.body += "<Contents><Key>" + key + "</Key><LastModified>2024-03-09T16:00:00.000Z</LastModified><ETag>" +
                      "&quot;x&quot;</ETag><Size>" + std::to_string(file.body.size()) + "</Size></Contents>";
        }
        r.body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult "
                 "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                 "<Name>flatfiles</Name><Prefix>" +
                 prefix + "</Prefix><IsTruncated>" + (more ? "true" : "false") + "</IsTruncated>" +
                 (more ? "<NextContinuationToken>" + last + "</NextContinuationToken>" : "") + r.body +
                 "</ListBucketResult>";
        return r;
    }
};

} // namespace tickgate::massive::test
