#include "sqlite_backend.hpp"

#include "store/sqlite/schema.hpp"

#include <sqlite3.h>

namespace tickgate::store {

StoreOptions SqliteBackend::options() const {
    StoreOptions out;
    out.url = "sqlite://" + path();
    return out;
}

Table SqliteBackend::sql(const std::string& statement) const {
    sqlite3* db = nullptr;
    Table out;
    EXPECT_EQ(sqlite3_open(path().c_str(), &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    const auto take = [](void* table, int n, char** values, char**) {
        auto& row = static_cast<Table*>(table)->emplace_back();
        for (int i = 0; i < n; ++i)
            row.emplace_back(values[i] != nullptr ? values[i] : "");
        return 0;
    };
    EXPECT_EQ(sqlite3_exec(db, statement.c_str(), take, &out, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
    return out;
}

std::string SqliteBackend::version(std::size_t n) const { return sqlite::schema_steps()[n - 1]; }

void SqliteBackend::expect_whole() const { EXPECT_EQ(sql("PRAGMA integrity_check"), (Table{{"ok"}})); }

} // namespace tickgate::store
