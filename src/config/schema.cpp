#include "config/schema.hpp"

#include "config/suggest.hpp"

#include <algorithm>
#include <set>

namespace tickgate::config {

namespace {

constexpr std::size_t largest_secret = 64u << 10;
constexpr std::size_t largest_ca_file = 4u << 20;

bool is_below(std::string_view key, std::string_view path) {
    return key.size() > path.size() && key.starts_with(path) && key[path.size()] == '.';
}

// The next word of each field below `path`.
std::vector<std::string> words_below(std::string_view path, const Fields& fields) {
    std::vector<std::string> words;
    for (const Field& field : fields) {
        if (!path.empty() && !is_below(field.key, path))
            continue;
        const std::size_t from = path.empty() ? 0 : path.size() + 1;
        std::string next = field.key.substr(from, field.key.find('.', from) - from);
        if (std::ranges::find(words, next) == words.end())
            words.push_back(std::move(next));
    }
    return words;
}

void report_unknown(Context& context, Position at, const std::string& path, const std::string& key,
    const std::vector<std::string>& words) {
    if (context.full())
        return context.problem(at, path, "unknown key");
    std::string hint = "allowed: " + joined(words);
    if (const auto meant = nearest(key, words))
        hint += "; did you mean " + *meant + "?";
    else if (key == "<<")
        hint = "merge keys are not supported";
    else if (key.find('.') != std::string::npos)
        hint += "; keys within keys are written on lines of their own, indented";
    constexpr std::size_t longest = 64;
    const std::string name = key.size() > longest ? shown(key) : key;
    context.problem(at, path.empty() ? name : path + "." + name, "unknown key", std::move(hint));
}

void read_secret(const Cursor& at, const std::string& other, const std::function<void(Secret)>& take, bool from_file) {
    auto text = at.text();
    if (!text)
        return;
    Context& context = at.context();
    if (context.given(other))
        return at.problem("the same secret is set by " + other + ": give one of them");
    if (!from_file) {
        if (at.node().text.find("${") == std::string::npos)
            context.secret_in_file();
        return take(Secret(std::move(*text)));
    }
    // The path may stand in an error, its variables' values not: a variable may hold what the path should lead to.
    FileText file = context.read(*text, largest_secret);
    if (!file.error.empty())
        return at.problem("cannot read the file: " + file.error, at.got());
    while (file.text.ends_with('\n') || file.text.ends_with('\r'))
        file.text.pop_back();
    if (file.text.empty())
        return at.problem("the file is empty", at.got());
    if (file.world_readable)
        context.notice(at.key() + ": every user of this machine can read the file " + shown(at.node().text) +
                       "; chmod 0640 or less keeps the secret");
    take(Secret(std::move(file.text)));
}

} // namespace

void walk(const Cursor& at, const Fields& fields) {
    const std::string& path = at.key();
    const std::vector<std::string> words = words_below(path, fields);
    at.each_entry([&](const std::string& key, Position key_at, const Node& value) {
        if (std::ranges::find(words, key) == words.end())
            return report_unknown(at.context(), key_at, path, key, words);
        const Cursor below(at.context(), value, path.empty() ? key : path + "." + key);
        const auto field = std::ranges::find(fields, below.key(), &Field::key);
        if (field != fields.end())
            field->read(below);
        else
            walk(below, fields);
    });
}

void report_mismatch(
    const Cursor& at, std::string_view expected, const std::vector<std::string>& allowed, const std::string& why) {
    std::string hint = at.got();
    if (!allowed.empty()) {
        hint += "; allowed: " + joined(allowed);
        if (const auto meant = nearest(at.node().text, allowed))
            hint += "; did you mean " + *meant + "?";
    }
    at.problem(why.empty() ? "expected " + std::string(expected) : why, std::move(hint));
}

void add_secret(Fields& fields, const std::string& key, std::function<void(Secret)> take, About about) {
    const std::string file_key = key + "_file";
    const std::string name = key.substr(key.rfind('.') + 1);
    About about_file{
        "File that holds `" + name + "`; give one of them.", about.apply, "/etc/tickgate/" + name, {}, path_shape()};
    about.secret = true;
    about.shape = any_text().shape;
    fields.push_back({key, [=](const Cursor& at) { read_secret(at, file_key, take, false); }, std::move(about)});
    fields.push_back({file_key, [=](const Cursor& at) { read_secret(at, key, take, true); }, std::move(about_file)});
}

Shape path_shape() { return {"path", {}, {}, R"("type":"string")"}; }

Shape list_shape(const Shape& element) {
    // What one element may be stands below `items`; a variable may stand for it.
    return {"list of " + element.type + "s", element.range, {},
        R"("type":"array","items":{"anyOf":[{)" + element.schema + R"(},{"$ref":"#/$defs/variable"}]})"};
}

Read readable_file(std::string& target) {
    Read read([&target](const Cursor& at) {
        const auto path = at.text();
        if (!path)
            return;
        const FileText file = at.context().read(*path, largest_ca_file);
        if (!file.error.empty())
            return at.problem("cannot read the file: " + file.error, at.got());
        target = at.context().resolved(*path);
    });
    read.shape = path_shape();
    return read;
}

} // namespace tickgate::config
