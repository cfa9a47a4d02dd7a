// The flat files of the simulated venue: an S3 bucket made up of the markets' past, file by file when asked.
#pragma once

#include "massive/venue/rest.hpp"

#include <list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickgate::massive_venue {

class FileDoor {
public:
    static constexpr std::string_view root = "/flatfiles";

    // All must outlive it.
    FileDoor(const MassiveOptions& options, Markets& markets) : options_(options), markets_(markets) {}

    static bool serves(std::string_view path) noexcept {
        return path == root || (path.starts_with(root) && path[root.size()] == '/');
    }
    // GET with Range and If-Match, HEAD, ListObjectsV2. `market`: the markets' time, `clock`: the true one.
    net::HttpResponse handle(const net::HttpRequest& request, UnixNanos market, UnixNanos clock);

    // Faults of the control door, by the name of error_text; false: none of these. `slow_down`: three requests are
    // answered 503. `wrong_etag`: ETags change, once. `truncated_file`: files end in their midst from now on, as if
    // they had been made so. `cut_download`: see take_cut().
    bool carry_out(std::string_view name);
    bool take_cut() noexcept { return std::exchange(cut_, false); } // the next download breaks in its midst

private:
    struct Set {
        Cluster cluster;
        std::string_view prefix, type;
    };
    struct File {
        std::string key, body; // compressed; empty: no such file
    };
    static const std::vector<Set>& sets();

    net::HttpResponse list(const net::HttpRequest& request, UnixNanos market);
    net::HttpResponse object(const net::HttpRequest& request, const File& file);
    const File& file(const std::string& key, UnixNanos market);
    bool exists(const Set& set, std::chrono::sys_days day, UnixNanos market) const;
    std::string text(const Set& set, std::chrono::sys_days day);
    std::string etag(std::string_view key) const;
    std::uint64_t size_of(const Set& set, const std::string& key) const;

    const MassiveOptions& options_;
    Markets& markets_;
    std::list<File> made_; // the newest first
    std::size_t slow_downs_ = 0, etag_version_ = 0;
    bool cut_ = false, truncated_ = false;
};

} // namespace tickgate::massive_venue
