// Whether what was asked for was done, or not, as somebody else was there before.
#pragma once

#include <cstdint>

namespace tickgate::store {

enum class Outcome : std::uint8_t { refused, done };

constexpr Outcome outcome_of(bool done) noexcept { return done ? Outcome::done : Outcome::refused; }

} // namespace tickgate::store
