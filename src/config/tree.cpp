#include "config/tree.hpp"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace tickgate::config {

namespace {

constexpr std::size_t max_depth = 32;
constexpr std::size_t node_cost = 64;       // besides its text
constexpr std::size_t max_cost = 32u << 20; // of the whole tree, every alias counted as a copy

// yaml-cpp takes what a handler throws through its parser unharmed.
struct Refused : std::runtime_error {
    Refused(const char* what, Position where) : std::runtime_error(what), at(where) {}
    Position at;
};

Position position_of(const YAML::Mark& mark) {
    return mark.is_null() ? Position{} : Position{mark.line + 1, mark.column + 1};
}

// Only the tags that a plain document has anyway.
void check_tag(const std::string& tag, Position at) {
    constexpr std::array<std::string_view, 3> implied{"", "?", "!"};
    constexpr std::array<std::string_view, 7> core{"str", "int", "float", "bool", "null", "seq", "map"};
    constexpr std::string_view prefix = "tag:yaml.org,2002:";
    const std::string_view t = tag;
    if (std::ranges::find(implied, t) != implied.end())
        return;
    if (t.starts_with(prefix) && std::ranges::find(core, t.substr(prefix.size())) != core.end())
        return;
    throw Refused("YAML tags are not used here", at);
}

// Events instead of yaml-cpp's own nodes: those hide duplicate keys and share what aliases name.
class TreeBuilder : public YAML::EventHandler {
public:
    Node take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        close(new_node(Node::Kind::null, position_of(mark)), anchor);
    }

    void OnScalar(
        const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
        const Position at = position_of(mark);
        check_tag(tag, at);
        pay(value.size(), at);
        Node node = new_node(Node::Kind::scalar, at);
        node.text = value;
        close(std::move(node), anchor);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const Position at = position_of(mark);
        const auto known = anchors_.find(anchor);
        if (known == anchors_.end())
            throw Refused("an alias refers to the value that contains it", at);
        pay(known->second.cost, at);
        Node copy = known->second.node;
        copy.at = at;
        close(std::move(copy), YAML::NullAnchor);
    }

    void OnSequenceStart(
        const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
        open(Node::Kind::sequence, mark, tag, anchor);
    }
    void OnSequenceEnd() override { close_open(); }

    void OnMapStart(
        const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
        open(Node::Kind::map, mark, tag, anchor);
    }
    void OnMapEnd() override { close_open(); }

private:
    struct Anchored {
        Node node;
        std::size_t cost = 0;
    };
    struct Open {
        Node node;
        YAML::anchor_t anchor;
    };

    void pay(std::size_t cost, Position at) {
        cost_ += cost;
        if (cost_ > max_cost)
            throw Refused("the file holds too many values", at);
    }

    static std::size_t cost_of(const Node& node) {
        std::size_t cost = node_cost + node.text.size();
        for (const auto* part : {&node.keys, &node.items})
            for (const Node& child : *part)
                cost += cost_of(child);
        return cost;
    }

    Node new_node(Node::Kind kind, Position at) {
        pay(node_cost, at);
        Node node;
        node.kind = kind;
        node.at = at;
        return node;
    }

    void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        const Position at = position_of(mark);
        check_tag(tag, at);
        if (open_.size() == max_depth)
            throw Refused("values are nested too deeply", at);
        open_.push_back({new_node(kind, at), anchor});
    }

    void close_open() {
        Open done = std::move(open_.back());
        open_.pop_back();
        close(std::move(done.node), done.anchor);
    }

    // `node` is complete: remember it under its anchor, put it into what is open around it.
    void close(Node node, YAML::anchor_t anchor) {
        if (anchor != YAML::NullAnchor) {
            const std::size_t cost = cost_of(node);
            pay(cost, node.at);
            anchors_[anchor] = {node, cost};
        }
        if (open_.empty()) {
            root_ = std::move(node);
            return;
        }
        Node& parent = open_.back().node;
        const bool is_key = parent.kind == Node::Kind::map && parent.keys.size() == parent.items.size();
        (is_key ? parent.keys : parent.items).push_back(std::move(node));
    }

    Node root_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, Anchored> anchors_;
    std::size_t cost_ = 0;
};

// Length of the UTF-8 sequence at the front of `s` (RFC 3629), 0 if it is broken or a control character.
std::size_t good_bytes(std::string_view s) {
    const auto byte = [&](std::size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u; };
    const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
    const unsigned lead = byte(0);
    if (lead < 0x80)
        return (lead >= 0x20 && lead != 0x7F) || lead == '\t' || lead == '\n' || lead == '\r' ? 1 : 0;
    if (lead >= 0xC2 && lead <= 0xDF)
        return tail(1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const bool in_range = (lead != 0xE0 || byte(1) >= 0xA0) && (lead != 0xED || byte(1) <= 0x9F);
        return in_range && tail(1) && tail(2) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const bool in_range = (lead != 0xF0 || byte(1) >= 0x90) && (lead != 0xF4 || byte(1) <= 0x8F);
        return in_range && tail(1) && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

// Where the text stops being text; line 0 if it never does.
Position first_bad_byte(std::string_view text) {
    Position at{1, 1};
    while (!text.empty()) {
        const std::size_t n = good_bytes(text);
        if (n == 0)
            return at;
        at = text.front() == '\n' ? Position{at.line + 1, 1} : Position{at.line, at.column + 1};
        text.remove_prefix(n);
    }
    return {};
}

// yaml-cpp 0.8 names an unknown anchor, which may be a secret that begins with `*` and lacks its quotes.
std::string without_quotes_of_the_text(const std::string& message) {
    constexpr std::string_view unknown_anchor = "the referenced anchor is not defined";
    return message.starts_with(unknown_anchor) ? std::string(unknown_anchor) : message;
}

} // namespace

Tree parse_tree(std::string_view text) {
    if (const Position bad = first_bad_byte(text); bad.line != 0)
        return {{}, "the file is not text: a control character or broken UTF-8", bad};
    Position at{1, 1};
    try {
        std::istringstream in{std::string(text)};
        YAML::Parser parser(in);
        TreeBuilder builder;
        if (!parser.HandleNextDocument(builder))
            return {};
        TreeBuilder second;
        if (parser.HandleNextDocument(second))
            return {{}, "the file holds more than one YAML document", at};
        return {builder.take(), {}, {}};
    } catch (const Refused& e) {
        return {{}, e.what(), e.at};
    } catch (const YAML::Exception& e) {
        return {
            {}, "not valid YAML: " + without_quotes_of_the_text(e.msg), e.mark.is_null() ? at : position_of(e.mark)};
    } catch (const std::exception& e) {
        return {{}, std::string("not valid YAML: ") + e.what(), at};
    }
}

} // namespace tickgate::config
