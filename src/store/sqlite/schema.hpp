// The tables of the SQLite store, and how an older file becomes one of this version.
#pragma once

#include "store/sqlite/database.hpp"

#include <span>

namespace tickgate::store::sqlite {

// Step i makes version i + 1. Steps are never changed once released; new ones are added.
std::span<const char* const> schema_steps() noexcept;

// Creates or brings up to date, in one transaction. Safe with other processes doing the same.
// Errors: store_newer; store_failed if the file belongs to another program; those of Database.
error_code migrate(Database& db);

// Errors: store_failed if the version is not the newest known one, store_newer.
error_code check_version(Database& db);

} // namespace tickgate::store::sqlite
