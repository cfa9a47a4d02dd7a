// The tables of the PostgreSQL store, and how older ones become those of this version.
#pragma once

#include "store/postgres/connection.hpp"

#include <span>

namespace tickgate::store::postgres {

// Step i makes version i + 1. Steps are never changed once released; new ones are added.
std::span<const char* const> schema_steps() noexcept;

// Creates or brings up to date in one transaction; safe with others doing the same. A connection for reading only
// checks the version. Errors: store_newer; store_failed; those of Connection.
error_code migrate(Connection& connection);

// First number of all advisory locks of the store; the second is the series, or 0 for its tables.
inline constexpr const char* lock_space = "1952934756"; // "tgsd"

// Makes the partition of bars that open in a year. Safe with others doing the same and does not hold up readers.
error_code make_partition(Connection& connection, int year);

} // namespace tickgate::store::postgres
