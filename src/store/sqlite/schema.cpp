#include "store/sqlite/schema.hpp"

#include <array>
#include <string>

namespace tickgate::store::sqlite {

namespace {

// Times are nanoseconds since 1970 UTC. Prices are text: the venue's digits, trailing zeros included.
constexpr const char* version_1 = R"sql(
CREATE TABLE schema_version(
    version INTEGER NOT NULL PRIMARY KEY,
    applied_at TEXT NOT NULL
) STRICT;
CREATE TABLE series(
    id INTEGER NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL,
    class TEXT NOT NULL,
    symbol TEXT NOT NULL,
    timeframe TEXT NOT NULL,
    price_type TEXT NOT NULL,
    align TEXT NOT NULL,
    adjusted INTEGER NOT NULL,
    bars INTEGER NOT NULL DEFAULT 0, -- how many rows of bar
    UNIQUE(class, symbol, provider, timeframe, price_type, align, adjusted)
) STRICT;
CREATE TABLE bar(
    series INTEGER NOT NULL,
    open_ns INTEGER NOT NULL,
    length_ns INTEGER NOT NULL,
    open TEXT NOT NULL,
    high TEXT NOT NULL,
    low TEXT NOT NULL,
    close TEXT NOT NULL,
    volume TEXT,
    vwap TEXT,
    trades INTEGER,
    kind INTEGER NOT NULL, -- volume unit + 4 * source + 16 * flags
    fetched_ns INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY(series, open_ns)
) STRICT, WITHOUT ROWID;
CREATE TABLE span(
    series INTEGER NOT NULL,
    from_ns INTEGER NOT NULL,
    to_ns INTEGER NOT NULL,
    cause TEXT NOT NULL,
    known_ns INTEGER NOT NULL,
    PRIMARY KEY(series, from_ns)
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* version_2 = R"sql(
CREATE TABLE job(
    id TEXT NOT NULL PRIMARY KEY,
    text TEXT NOT NULL,
    updated_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE fact(
    name TEXT NOT NULL PRIMARY KEY,
    text TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE VIEW bars AS
SELECT s.provider, s.class || ':' || s.symbol AS symbol, s.timeframe, s.price_type, s.align, s.adjusted,
    strftime('%Y-%m-%dT%H:%M:%SZ', b.open_ns / 1000000000, 'unixepoch') AS open_time,
    strftime('%Y-%m-%dT%H:%M:%SZ', (b.open_ns + b.length_ns) / 1000000000, 'unixepoch') AS close_time,
    b.open, b.high, b.low, b.close, b.volume, b.vwap, b.trades,
    CASE b.kind & 3 WHEN 1 THEN 'base' WHEN 2 THEN 'ticks' END AS volume_unit,
    CASE b.kind >> 2 & 3 WHEN 0 THEN 'provider' WHEN 1 THEN 'ticks' WHEN 2 THEN 'derived' END AS source,
    ltrim(CASE WHEN b.kind & 16 THEN ',snapshot' ELSE '' END || CASE WHEN b.kind & 32 THEN ',delayed' ELSE '' END ||
        CASE WHEN b.kind & 64 THEN ',crossed' ELSE '' END || CASE WHEN b.kind & 128 THEN ',locked' ELSE '' END ||
        CASE WHEN b.kind & 256 THEN ',synthetic' ELSE '' END || CASE WHEN b.kind & 512 THEN ',indicative' ELSE '' END ||
        CASE WHEN b.kind & 1024 THEN ',backfill' ELSE '' END || CASE WHEN b.kind & 2048 THEN ',mixed' ELSE '' END ||
        CASE WHEN b.kind & 4096 THEN ',derived' ELSE '' END, ',') AS flags,
    strftime('%Y-%m-%dT%H:%M:%SZ', b.fetched_ns / 1000000000, 'unixepoch') AS fetched_at, b.revision
FROM series s JOIN bar b ON b.series = s.id;

CREATE VIEW coverage AS
SELECT s.provider, s.class || ':' || s.symbol AS symbol, s.timeframe, s.price_type, s.align, s.adjusted,
    strftime('%Y-%m-%dT%H:%M:%SZ', p.from_ns / 1000000000, 'unixepoch') AS from_time,
    strftime('%Y-%m-%dT%H:%M:%SZ', p.to_ns / 1000000000, 'unixepoch') AS to_time,
    p.cause, CASE WHEN p.known_ns <> 0 THEN strftime('%Y-%m-%dT%H:%M:%SZ', p.known_ns / 1000000000, 'unixepoch') END
    AS known_at
FROM series s JOIN span p ON p.series = s.id;

CREATE VIEW gaps AS
SELECT s.provider, s.class || ':' || s.symbol AS symbol, s.timeframe, s.price_type, s.align, s.adjusted,
    strftime('%Y-%m-%dT%H:%M:%SZ', g.from_ns / 1000000000, 'unixepoch') AS from_time,
    strftime('%Y-%m-%dT%H:%M:%SZ', g.to_ns / 1000000000, 'unixepoch') AS to_time,
    (g.to_ns - g.from_ns) / 1000000000 AS seconds, g.cause
FROM series s JOIN (
    SELECT series, from_ns, to_ns, cause FROM span WHERE cause <> 'none'
    UNION ALL
    SELECT series, to_ns, next_ns, 'not_fetched'
    FROM (SELECT series, to_ns, lead(from_ns) OVER (PARTITION BY series ORDER BY from_ns) AS next_ns FROM span)
    WHERE next_ns > to_ns
) g ON g.series = s.id;
)sql";

constexpr const char* version_3 = R"sql(
ALTER TABLE series ADD COLUMN erased INTEGER NOT NULL DEFAULT 0; -- how often bars of it were erased
CREATE TABLE job_lease(
    id TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL, -- the gateway
    process TEXT NOT NULL, -- this run of it
    until_ns INTEGER NOT NULL,
    stop INTEGER NOT NULL DEFAULT 0 -- somebody wants the job cancelled
) STRICT, WITHOUT ROWID;
)sql";

constexpr std::array<const char*, 3> steps{version_1, version_2, version_3};

// 0 for an empty file. Errors: store_failed if it has tables of something else.
result<std::int64_t> version_of(Database& db) {
    const auto ours = db.number("SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'", "read its version");
    if (!ours)
        return ours;
    if (*ours != 0)
        return db.number("SELECT max(version) FROM schema_version", "read its version");
    const auto others = db.number("SELECT count(*) FROM sqlite_schema", "read its version");
    if (others && *others != 0) {
        db.problem() = "the file belongs to another program: " + db.path();
        return errc::store_failed;
    }
    return others;
}

error_code newer(Database& db, std::int64_t version) {
    db.problem() = "the file was written by a newer version (schema " + std::to_string(version) + ", known up to " +
                   std::to_string(steps.size()) + "): " + db.path();
    return errc::store_newer;
}

} // namespace

std::span<const char* const> schema_steps() noexcept { return steps; }

error_code check_version(Database& db) {
    const auto version = version_of(db);
    if (!version)
        return version.error();
    if (*version > static_cast<std::int64_t>(steps.size()))
        return newer(db, *version);
    if (*version == static_cast<std::int64_t>(steps.size()))
        return {};
    db.problem() = *version == 0 ? "the file is empty: " + db.path()
                                 : "the file is of an older version and open for reading only: " + db.path();
    return errc::store_failed;
}

error_code migrate(Database& db) {
    constexpr auto newest = static_cast<std::int64_t>(steps.size());
    auto version = version_of(db);
    if (!version)
        return version.error();
    if (*version > newest)
        return newer(db, *version);
    // auto_vacuum takes effect only in an empty file.
    if (*version == 0)
        if (const auto ec = db.run("PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL", "begin a new file"))
            return ec;
    if (*version == newest) // most openings: no change and no lock
        return {};
    Transaction transaction(db);
    if (const auto ec = transaction.begin())
        return ec;
    version = version_of(db);
    if (!version)
        return version.error();
    if (*version > newest)
        return newer(db, *version);
    for (auto i = static_cast<std::size_t>(*version); i < steps.size(); ++i) {
        const std::string note =
            "INSERT INTO schema_version VALUES(" + std::to_string(i + 1) + ", strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))";
        if (const auto ec = db.run(steps[i], "bring its tables up to date"))
            return ec;
        if (const auto ec = db.run(note.c_str(), "bring its tables up to date"))
            return ec;
    }
    return transaction.commit();
}

} // namespace tickgate::store::sqlite
