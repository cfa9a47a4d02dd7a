#include "store/bar_store.hpp"
#include "store/postgres/postgres_store.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace tickgate::store {

namespace {

bool begins_with(std::string_view text, std::string_view start) noexcept {
    return text.substr(0, start.size()) == start;
}

} // namespace

result<std::unique_ptr<BarStore>> open_store(const StoreOptions& options, std::string& problem) {
    problem.clear();
    constexpr std::string_view sqlite_url = "sqlite://";
    if (begins_with(options.url, sqlite_url)) {
        const auto path = options.url.substr(sqlite_url.size());
        if (path.size() > 1 && path.front() == '/' && path.back() != '/' && path.find('\0') == std::string::npos)
            return sqlite::open(path, options.read_only, problem);
        problem = "a store in a file is written sqlite:///path/to/bars.db";
        return errc::configuration;
    }
    if (begins_with(options.url, "postgresql://") || begins_with(options.url, "postgres://"))
        return postgres::open(options, problem);
    problem = "the URL of a store begins with sqlite:/// or postgresql://";
    return errc::configuration;
}

} // namespace tickgate::store
