// YAML text as a plain tree in which every value knows its place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::config {

struct Position {
    int line = 0, column = 0; // from 1; 0: not known
};

struct Node {
    enum class Kind : std::uint8_t { null, scalar, sequence, map };

    Kind kind = Kind::null;
    Position at;
    std::string text;        // of a scalar, as written (before `${VAR}` is expanded)
    std::vector<Node> keys;  // of a map, duplicates included
    std::vector<Node> items; // elements of a sequence, values of a map
};

struct Tree {
    Node root;           // null for an empty text
    std::string problem; // not empty: the text is no YAML document that we take, `at` is where
    Position at;
};

// Parses one YAML document. Bounded whatever the input: nesting of at most 32 levels, and aliases count as the copies
// they stand for. Control characters and broken UTF-8 are refused. Never throws for what stands in the text.
Tree parse_tree(std::string_view text);

} // namespace tickgate::config
