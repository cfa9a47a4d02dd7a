#include "config/context.hpp"

#include "config/expand.hpp"
#include "config/suggest.hpp"

#include <algorithm>
#include <filesystem>
#include <tuple>

namespace tickgate::config {

namespace {

constexpr std::size_t most_problems = 500;

std::string_view name_of(Node::Kind kind) {
    switch (kind) {
    case Node::Kind::null:
        return "nothing";
    case Node::Kind::scalar:
        return "a single value";
    case Node::Kind::sequence:
        return "a list";
    case Node::Kind::map:
        return "a map of keys";
    }
    return "something else";
}

} // namespace

Context::Context(std::string filename, const EnvironmentLookup& environment, const FileReader& files)
    : filename_(std::move(filename)), environment_(environment), files_(files) {}

void Context::problem(Position at, std::string key, std::string text, std::string hint) {
    if (problems_.size() == most_problems) {
        ++left_out_;
        return;
    }
    faulty_.insert(key);
    problems_.push_back({filename_, at.line, at.column, std::move(key), std::move(text), std::move(hint)});
}

void Context::problem_at(std::string_view key, std::string text, std::string hint) {
    std::string_view place = key;
    for (;;) {
        const auto known = positions_.find(place);
        if (known != positions_.end())
            return problem(known->second, std::string(key), std::move(text), std::move(hint));
        const std::size_t dot = place.rfind('.');
        if (dot == std::string_view::npos)
            return problem({1, 1}, std::string(key), std::move(text), std::move(hint));
        place = place.substr(0, dot);
    }
}

bool Context::faulty(std::string_view key) const {
    const auto next = faulty_.lower_bound(key);
    if (next == faulty_.end() || !next->starts_with(key))
        return false;
    // `a.b` is below `a`, `a_file` speaks of the same value; `ab` has nothing to do with it.
    const std::string_view rest = std::string_view(*next).substr(key.size());
    return rest.empty() || rest.front() == '.' || rest.front() == '[' || rest.front() == '_';
}

std::string Context::resolved(const std::string& path) const {
    const std::filesystem::path named(path);
    return named.is_absolute() ? path : (std::filesystem::path(filename_).parent_path() / named).string();
}

std::vector<Problem> Context::take_problems() {
    std::ranges::stable_sort(problems_, {}, [](const Problem& p) { return std::tuple(p.line, p.column); });
    if (left_out_ > 0)
        problems_.push_back({filename_, 0, 0, {}, std::to_string(left_out_) + " more problems are not shown", {}});
    for (Problem& p : problems_)
        for (std::string* part : {&p.key, &p.text, &p.hint})
            *part = redact(*part);
    return std::move(problems_);
}

std::vector<std::string> Context::take_notices() {
    for (std::string& notice : notices_)
        notice = redact(notice);
    return std::move(notices_);
}

std::optional<std::string> Cursor::text() const {
    context_->met(key_, node_->at);
    if (absent())
        return {};
    if (node_->kind != Node::Kind::scalar) {
        problem("expected a single value", "got " + std::string(name_of(node_->kind)));
        return {};
    }
    Expansion expanded = expand(node_->text, context_->environment());
    if (!expanded.problem.empty()) {
        problem(std::move(expanded.problem));
        return {};
    }
    if (expanded.text.empty())
        return {};
    context_->set_given(key_);
    return std::move(expanded.text);
}

std::string Cursor::got() const {
    if (node_->kind != Node::Kind::scalar)
        return "got " + std::string(name_of(node_->kind));
    return "got " + shown(node_->text);
}

void Cursor::each_entry(const Visit& visit) const {
    context_->met(key_, node_->at);
    if (absent())
        return;
    if (node_->kind != Node::Kind::map)
        return problem("expected a map of keys", got());
    if (!key_.empty())
        context_->set_given(key_);
    std::map<std::string_view, Position> seen;
    for (std::size_t i = 0; i < node_->keys.size() && i < node_->items.size(); ++i) {
        const Node& key = node_->keys[i];
        if (key.kind != Node::Kind::scalar) {
            context_->problem(key.at, key_, "a key must be a plain word");
            continue;
        }
        const auto [first, is_new] = seen.emplace(key.text, key.at);
        if (is_new)
            visit(key.text, key.at, node_->items[i]);
        else
            context_->problem(key.at, key_.empty() ? key.text : key_ + "." + key.text, "this key is here twice",
                "first on line " + std::to_string(first->second.line));
    }
}

} // namespace tickgate::config
