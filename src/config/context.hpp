// What one reading of a configuration collects, and the view on one value that readers get.
#pragma once

#include "config/config.hpp"
#include "config/tree.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::config {

// Lives for one call of load_text(). Keys are dotted paths.
class Context {
public:
    Context(std::string filename, const EnvironmentLookup& environment, const FileReader& files);

    void problem(Position at, std::string key, std::string text, std::string hint = {});
    // At the value of this key, or of the nearest key around it that the file has.
    void problem_at(std::string_view key, std::string text, std::string hint = {});
    std::size_t problem_count() const { return problems_.size() + left_out_; }
    bool full() const { return left_out_ > 0; } // further problems are counted, not kept
    void notice(std::string text) { notices_.push_back(std::move(text)); }

    // The file has this key; with a value other than null and "" it is also given.
    void met(const std::string& key, Position at) { positions_.emplace(key, at); }
    void set_given(const std::string& key) { given_.insert(key); }
    bool given(std::string_view key) const { return given_.contains(key); }
    // Something at or below this key was wrong: rules about it would only repeat that.
    bool faulty(std::string_view key) const;

    const EnvironmentLookup& environment() const { return environment_; }
    // Reads a file that the configuration names; relative paths start at the folder of the configuration.
    FileText read(const std::string& path, std::size_t limit) const { return files_(resolved(path), limit); }
    std::string resolved(const std::string& path) const;

    void secret_in_file() { secret_in_file_ = true; } // a secret stands in the clear in the configuration itself
    bool has_secret_in_file() const { return secret_in_file_; }

    // Ends the collection: sorted by place, bounded, known secrets taken out.
    std::vector<Problem> take_problems();
    std::vector<std::string> take_notices();

private:
    std::string filename_;
    const EnvironmentLookup& environment_;
    const FileReader& files_;
    std::vector<Problem> problems_;
    std::size_t left_out_ = 0;
    std::set<std::string, std::less<>> faulty_; // keys of problems
    std::vector<std::string> notices_;
    std::map<std::string, Position, std::less<>> positions_;
    std::set<std::string, std::less<>> given_;
    bool secret_in_file_ = false;
};

// One value while it is read: its node, its key and where to complain. Cheap to copy, valid during the reading.
class Cursor {
public:
    Cursor(Context& context, const Node& node, std::string key)
        : context_(&context), node_(&node), key_(std::move(key)) {}

    Context& context() const { return *context_; }
    const Node& node() const { return *node_; }
    const std::string& key() const { return key_; }
    bool absent() const { return node_->kind == Node::Kind::null; }

    Cursor below(const Node& node, std::string_view key) const {
        return {*context_, node, key_ + "." + std::string(key)};
    }
    Cursor element(std::size_t index) const {
        return {*context_, node_->items[index], key_ + "[" + std::to_string(index) + "]"};
    }

    // The scalar with its variables expanded. Empty if there is none: null and "" mean the default; a list, a map or an
    // unset variable is told as a problem.
    std::optional<std::string> text() const;

    void problem(std::string text, std::string hint = {}) const {
        context_->problem(node_->at, key_, std::move(text), std::move(hint));
    }
    // "got `…`" with the text of the file: what a variable holds is not shown.
    std::string got() const;

    // Calls `visit` for each entry of a map; tells duplicate keys and what is no map. Null is an empty map.
    using Visit = std::function<void(const std::string& key, Position key_at, const Node& value)>;
    void each_entry(const Visit& visit) const;

private:
    Context* context_;
    const Node* node_;
    std::string key_;
};

} // namespace tickgate::config
