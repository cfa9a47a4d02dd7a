#include "store/postgres/schema.hpp"

#include <array>
#include <chrono>
#include <string>

namespace tickgate::store::postgres {

namespace {

// Times are nanoseconds since 1970 UTC. Prices are text: the venue's digits, trailing zeros and all; views give
// numbers.
constexpr const char* version_1 = R"sql(
CREATE TABLE schema_version(
    version integer NOT NULL PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE series(
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider text NOT NULL,
    class text NOT NULL,
    symbol text NOT NULL,
    timeframe text NOT NULL,
    price_type text NOT NULL,
    align text NOT NULL,
    adjusted boolean NOT NULL,
    bars bigint NOT NULL DEFAULT 0, -- how many rows of bar
    UNIQUE(class, symbol, provider, timeframe, price_type, align, adjusted)
);
CREATE TABLE bar(
    series integer NOT NULL,
    open_ns bigint NOT NULL,
    length_ns bigint NOT NULL,
    open text COLLATE "C" NOT NULL,
    high text COLLATE "C" NOT NULL,
    low text COLLATE "C" NOT NULL,
    close text COLLATE "C" NOT NULL,
    volume text COLLATE "C",
    vwap text COLLATE "C",
    trades bigint,
    kind integer NOT NULL, -- volume unit + 4 * source + 16 * flags
    fetched_ns bigint NOT NULL,
    revision integer NOT NULL,
    PRIMARY KEY(series, open_ns)
) PARTITION BY RANGE (open_ns);
CREATE TABLE span(
    series integer NOT NULL,
    from_ns bigint NOT NULL,
    to_ns bigint NOT NULL,
    cause text NOT NULL,
    known_ns bigint NOT NULL,
    PRIMARY KEY(series, from_ns)
);
)sql";

constexpr const char* version_2 = R"sql(
CREATE TABLE job(
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    text text NOT NULL,
    updated_ns bigint NOT NULL
);
CREATE TABLE fact(
    name text COLLATE "C" NOT NULL PRIMARY KEY,
    text text NOT NULL
);
CREATE FUNCTION time_text(ns bigint) RETURNS text LANGUAGE sql STABLE STRICT AS
$$ SELECT to_char(timestamp '1970-01-01' + (ns / 1000000000) * interval '1 second', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') $$;

CREATE VIEW bars AS
SELECT s.provider, s.class || ':' || s.symbol AS symbol, s.timeframe, s.price_type, s.align, s.adjusted,
    time_text(b.open_ns) AS open_time, time_text(b.open_ns + b.length_ns) AS close_time,
    b.open::numeric, b.high::numeric, b.low::numeric, b.close::numeric, b.volume::numeric, b.vwap::numeric, b.trades,
    CASE b.kind & 3 WHEN 1 THEN 'base' WHEN 2 THEN 'ticks' END AS volume_unit,
    CASE b.kind >> 2 & 3 WHEN 0 THEN 'provider' WHEN 1 THEN 'ticks' WHEN 2 THEN 'derived' END AS source,
    concat_ws(',', CASE WHEN b.kind & 16 <> 0 THEN 'snapshot' END, CASE WHEN b.kind & 32 <> 0 THEN 'delayed' END,
        CASE WHEN b.kind & 64 <> 0 THEN 'crossed' END, CASE WHEN b.kind & 128 <> 0 THEN 'locked' END,
        CASE WHEN b.kind & 256 <> 0 THEN 'synthetic' END, CASE WHEN b.kind & 512 <> 0 THEN 'indicative' END,
        CASE WHEN b.kind & 1024 <> 0 THEN 'backfill' END, CASE WHEN b.kind & 2048 <> 0 THEN 'mixed' END,
        CASE WHEN b.kind & 4096 <> 0 THEN 'derived' END) AS flags,
    time_text(b.fetched_ns) AS fetched_at, b.revision
FROM series s JOIN bar b ON b.series = s.id;

CREATE VIEW coverage AS
SELECT s.provider, s.class || ':' || s.symbol AS symbol, s.timeframe, s.price_type, s.align, s.adjusted,
    time_text(p.from_ns) AS from_time, time_text(p.to_ns) AS to_time, p.cause,
    time_text(nullif(p.known_ns, 0)) AS known_at
FROM series s JOIN span p ON p.series = s.id;

CREATE VIEW gaps AS
SELECT s.provider, s.class || ':' || s.symbol AS symbol, s.timeframe, s.price_type, s.align, s.adjusted,
    time_text(g.from_ns) AS from_time, time_text(g.to_ns) AS to_time,
    (g.to_ns - g.from_ns) / 1000000000 AS seconds, g.cause
FROM series s JOIN (
    SELECT series, from_ns, to_ns, cause FROM span WHERE cause <> 'none'
    UNION ALL
    SELECT series, to_ns, next_ns, 'not_fetched'
    FROM (SELECT series, to_ns, lead(from_ns) OVER (PARTITION BY series ORDER BY from_ns) AS next_ns FROM span) n
    WHERE next_ns > to_ns
) g ON g.series = s.id;
)sql";

constexpr const char* version_3 = R"sql(
ALTER TABLE series ADD COLUMN erased bigint NOT NULL DEFAULT 0; -- how often bars of it were erased
CREATE TABLE job_lease(
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    owner text NOT NULL, -- the gateway
    process text NOT NULL, -- this run of it
    until_ns bigint NOT NULL,
    stop boolean NOT NULL DEFAULT false -- somebody wants the job cancelled
);
CREATE FUNCTION server_ns() RETURNS bigint LANGUAGE sql VOLATILE AS
$$ SELECT (extract(epoch FROM clock_timestamp()) * 1000000000)::bigint $$;
)sql";

constexpr std::array<const char*, 3> steps{version_1, version_2, version_3};
constexpr auto newest = static_cast<std::int64_t>(steps.size());

result<std::int64_t> version_of(Connection& connection) {
    constexpr std::string_view doing = "read the version of its tables";
    // Not by to_regclass: what it remembers may be older than a lock that was waited for.
    const auto there = connection.ask("SELECT EXISTS(SELECT 1 FROM pg_catalog.pg_class WHERE relname = "
                                      "'schema_version' AND pg_table_is_visible(oid))",
        {}, doing);
    if (!there)
        return there.error();
    if (!there->flag(0, 0))
        return 0;
    const auto version = connection.ask("SELECT coalesce(max(version), 0) FROM schema_version", {}, doing);
    if (!version)
        return version.error();
    return version->integer(0, 0);
}

error_code judge(Connection& connection, std::int64_t version) {
    if (version > newest) {
        connection.problem() = "its tables were made by a newer version (schema " + std::to_string(version) +
                               ", known up to " + std::to_string(newest) + ")";
        return errc::store_newer;
    }
    if (version < newest && connection.options().read_only) {
        connection.problem() = version == 0 ? "the database has no store in it"
                                            : "the tables are of an older version and opened for reading only";
        return errc::store_failed;
    }
    return {};
}

// The start of a year as a bound of a partition; the ends of time are open.
std::string bound_of(int year) {
    if (year <= 1678)
        return "MINVALUE";
    if (year >= 2262)
        return "MAXVALUE";
    const std::chrono::sys_days day = std::chrono::year(year) / 1 / 1;
    return std::to_string(std::chrono::sys_time<std::chrono::nanoseconds>(day).time_since_epoch().count());
}

} // namespace

std::span<const char* const> schema_steps() noexcept { return steps; }

error_code migrate(Connection& connection) {
    auto version = version_of(connection);
    if (!version)
        return version.error();
    if (const auto ec = judge(connection, *version))
        return ec;
    if (*version == newest)
        return {};
    constexpr std::string_view doing = "make its tables";
    Transaction transaction(connection);
    if (const auto ec = transaction.begin())
        return ec;
    if (const auto lock = connection.ask("SELECT pg_advisory_xact_lock($1, 0)", {lock_space}, doing); !lock)
        return lock.error();
    version = version_of(connection); // others may have done it meanwhile
    if (!version)
        return version.error();
    if (const auto ec = judge(connection, *version))
        return ec;
    for (auto i = static_cast<std::size_t>(*version); i < steps.size(); ++i) {
        if (const auto ec = connection.run(steps[i], doing))
            return ec;
        const auto note = "INSERT INTO schema_version(version) VALUES(" + std::to_string(i + 1) + ")";
        if (const auto ec = connection.run(note, doing))
            return ec;
    }
    return transaction.commit();
}

error_code make_partition(Connection& connection, int year) {
    constexpr std::string_view doing = "make a partition";
    const auto name = "bar_" + std::to_string(year);
    constexpr auto attached = "SELECT 1 FROM pg_inherits WHERE inhparent = 'bar'::regclass AND "
                              "inhrelid = to_regclass($1)";
    auto there = connection.ask(attached, {name}, doing);
    if (!there || there->count() != 0)
        return there ? error_code() : there.error();
    Transaction transaction(connection);
    if (const auto ec = transaction.begin())
        return ec;
    if (const auto lock = connection.ask("SELECT pg_advisory_xact_lock($1, 0)", {lock_space}, doing); !lock)
        return lock.error();
    there = connection.ask(attached, {name}, doing);
    if (!there)
        return there.error();
    if (there->count() == 0) {
        // A table that is attached when it is ready needs a weaker lock on `bar` than one created as a partition.
        const auto sql = "CREATE TABLE IF NOT EXISTS " + name + " (LIKE bar INCLUDING ALL); ALTER TABLE bar ATTACH " +
                         "PARTITION " + name + " FOR VALUES FROM (" + bound_of(year) + ") TO (" + bound_of(year + 1) +
                         ")";
        if (const auto ec = connection.run(sql, doing))
            return ec;
    }
    return transaction.commit();
}

} // namespace tickgate::store::postgres
