// Counts what a test program takes from the heap. It brings an operator new of its own, so the sanitizers leave it out.
#pragma once

#include <cstddef>

namespace tickgate::test {

std::size_t allocations() noexcept; // since the start of the program

} // namespace tickgate::test
