#include "config/http.hpp"

#include "config/certificates.hpp"
#include "config/suggest.hpp"
#include "config/url.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <memory>

namespace tickgate::config {

namespace {

constexpr std::size_t largest_pem = 1u << 20;
constexpr std::size_t most_tokens = 200;
constexpr std::int64_t million = 1000000;

// `https://desk.example.com:8443`, as browsers write it.
Type<std::string> origin() {
    return {"an origin as browsers send it, https://host[:port] without a path", {},
        [](std::string_view text, std::string& why) -> std::optional<std::string> {
            if (text == "*") {
                why = "every page of the web is too many: name the origins";
                return {};
            }
            const auto url = split_url(text);
            if (!url || url->host.empty() || (url->scheme != "https" && url->scheme != "http"))
                return {};
            if (url->has_user_info || !url->path.empty() || !url->query.empty() || url->has_fragment)
                return {};
            return url->to_string();
        },
        {"origin", "`https://host[:port]`", {}, R"("type":"string","pattern":"^https?://[^/?#@]+$")"}};
}

// The two files of TLS as they are read, in either order; the second one is compared with the first.
struct Pair {
    std::string cert, key;

    Pair() = default;
    Pair(const Pair&) = delete;
    Pair& operator=(const Pair&) = delete;
    ~Pair() { OPENSSL_cleanse(key.data(), key.size()); }
};

void read_pem(const Cursor& at, std::string& target, Pair& pair, bool is_key) {
    const auto path = at.text();
    if (!path)
        return;
    Context& context = at.context();
    FileText file = context.read(*path, largest_pem);
    if (!file.error.empty())
        return at.problem("cannot read the file: " + file.error, at.got());
    const auto fault = is_key ? key_problem(file.text) : certificate_problem(file.text);
    if (!fault.empty())
        return at.problem(fault, at.got());
    if (is_key && file.world_readable)
        context.notice(at.key() + ": every user of this machine can read the file " + shown(at.node().text) +
                       "; chmod 0640 or less keeps the key");
    target = context.resolved(*path);
    (is_key ? pair.key : pair.cert) = std::move(file.text);
    if (!pair.key.empty() && !pair.cert.empty() && !is_pair(pair.cert, pair.key))
        at.problem(is_key ? "the key does not belong to the certificate of http.tls.cert_file"
                          : "the certificate does not belong to the key of http.tls.key_file",
            at.got());
}

Read pem_file(std::string& target, const std::shared_ptr<Pair>& pair, bool is_key) {
    Read read([&target, pair, is_key](const Cursor& at) { read_pem(at, target, *pair, is_key); });
    read.shape = path_shape();
    return read;
}

Type<HttpScope> scope() { return choice<HttpScope>({{"read", HttpScope::read}, {"admin", HttpScope::admin}}); }

Fields token_fields(const std::string& prefix, HttpToken& token) {
    Fields fields;
    fields.push_back({prefix + "scope", scalar_into(token.scope, scope()),
        {"`read`: everything that changes nothing for others, subscriptions included; `admin`: also reload, log level, "
         "store, backfills and collectors.",
            Apply::live, "admin"}});
    add_secret(fields, prefix + "token", [&token](Secret secret) { token.token = std::move(secret); },
        {"The token of this client; needed. At least 16 characters where `listen` can be reached from elsewhere.",
            Apply::live, "${DESK_TOKEN}"});
    return fields;
}

bool is_name(std::string_view text) { return is_symbol(text) && text.size() <= 64; }

void read_tokens(const Cursor& at, std::vector<HttpToken>& tokens) {
    at.each_entry([&](const std::string& key, Position key_at, const Node& value) {
        Context& context = at.context();
        if (!is_name(key) || key == default_token_name)
            return context.problem(key_at, at.key(),
                "expected the name of a client: 1 to 64 letters, digits, `.`, `_` and `-`, not `default`");
        if (tokens.size() == most_tokens)
            return context.problem(key_at, at.key(), "there are more than " + std::to_string(most_tokens) + " tokens");
        const auto problems = context.problem_count();
        const Cursor below = at.below(value, key);
        HttpToken token;
        token.name = key;
        walk(below, token_fields(below.key() + ".", token));
        if (token.token.empty() && context.problem_count() == problems)
            below.problem("names no token", "token_file: /etc/tickgate/" + key + ".token");
        tokens.push_back(std::move(token));
    });
    std::ranges::sort(tokens, {}, &HttpToken::name);
}

// What can stand in a header and in a list of one.
bool can_be_sent(std::string_view token) {
    return std::ranges::all_of(token, [](char c) { return c > ' ' && c < 0x7f && c != ',' && c != '"' && c != '\\'; });
}

struct Given {
    std::string key; // as the file has it
    const Secret* secret;
};

std::vector<Given> tokens_of(const Http& http, const Context& context) {
    const auto key_of = [&](const std::string& key) { return context.given(key + "_file") ? key + "_file" : key; };
    std::vector<Given> all;
    if (!http.token.empty())
        all.push_back({key_of("http.token"), &http.token});
    for (const HttpToken& token : http.tokens)
        if (!token.token.empty())
            all.push_back({key_of("http.tokens." + token.name + ".token"), &token.token});
    return all;
}

void check_tokens(const std::vector<Given>& tokens, bool is_public, Context& context) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const std::string& text = tokens[i].secret->reveal();
        const auto& key = tokens[i].key;
        if (!can_be_sent(text))
            context.problem_at(key, "the token holds a character that cannot be sent in a header",
                "letters, digits and most signs of ASCII; no spaces, commas, quotes or backslashes");
        if (text.size() < shortest_token && is_public)
            context.problem_at(key, "the token has fewer than 16 characters",
                "other machines can try to guess it: openssl rand -hex 32 makes a good one");
        else if (text.size() < shortest_token)
            context.notice(key + ": the token has fewer than 16 characters; openssl rand -hex 32 makes a good one");
        for (std::size_t j = 0; j < i; ++j)
            if (tokens[j].secret->reveal() == text)
                context.problem_at(key, "this is the token of " + tokens[j].key + ", too: give each client its own");
    }
}

} // namespace

void add_http_fields(Fields& fields, Http& http) {
    fields.push_back({"http.listen",
        scalar(listen_address(),
            [&](Http parsed) {
                http.listen = std::move(parsed.listen);
                http.host = std::move(parsed.host);
                http.port = parsed.port;
                http.loopback = parsed.loopback;
            }),
        {"Address and port of the API; `:8787` means all IPv4 addresses, port 0 lets the system choose. "
         "An address that other machines reach needs a token.",
            Apply::restart, "\"[::1]:8787\"", http.listen}});
    add_secret(fields, "http.token", [&](Secret secret) { http.token = std::move(secret); },
        {"What clients send as `Authorization: Bearer …` to be let in with every right (scope `admin`).", Apply::live,
            "${TICKGATE_TOKEN}"});
    static HttpToken example;
    fields.push_back({"http.tokens", [&](const Cursor& at) { read_tokens(at, http.tokens); }, {},
        token_fields("http.tokens.*.", example)});
    const auto pair = std::make_shared<Pair>();
    fields.push_back({"http.tls.cert_file", pem_file(http.cert_file, pair, false),
        {"PEM file with the certificate of the API and those between it and its authority: TLS 1.2 or newer is then "
         "all that is spoken. Needs `key_file`.",
            Apply::live, "/etc/tickgate/cert.pem"}});
    fields.push_back({"http.tls.key_file", pem_file(http.key_file, pair, true),
        {"PEM file with its private key, without a passphrase.", Apply::live, "/etc/tickgate/key.pem"}});
    fields.push_back({"http.origins", list_into(http.origins, origin()),
        {"Pages of other sites that may open WebSockets and change things, by their origin.", Apply::live,
            "[\"https://desk.example.com\"]"}});
    fields.push_back({"http.cors", list_into(http.cors, origin()),
        {"Pages of other sites that may do that and read answers, too (CORS).", Apply::live,
            "[\"https://desk.example.com\"]"}});
    fields.push_back({"http.metrics_open", scalar_into(http.metrics_open, boolean()),
        {"`/metrics` without a token even where `listen` is public.", Apply::live, "true"}});
    fields.push_back({"http.rate", scalar_into(http.rate, integer(0, million)),
        {"Requests a second of one token, or of one address without a token; more get 429. 0: no limit.", Apply::live,
            "50"}});
    fields.push_back({"http.burst", scalar_into(http.burst, integer(1, million)),
        {"So many requests at once before `rate` counts; not less than it.", Apply::live, "200"}});
    fields.push_back({"http.connections", scalar_into(http.connections, integer(1, million)),
        {"Connections at the same time, WebSockets included; more get 503.", Apply::restart, "10000"}});
    fields.push_back({"http.connections_per_peer", scalar_into(http.connections_per_peer, integer(1, million)),
        {"The same of one address (of IPv6: of one /64 network). Behind a reverse proxy all clients have its address.",
            Apply::restart, "100"}});
}

void check_http(const Http& http, Context& context) {
    const auto tokens = tokens_of(http, context);
    const bool faulty = context.faulty("http.token") || context.faulty("http.tokens");
    if (!http.loopback && tokens.empty() && !faulty)
        context.problem_at("http.listen", "an address that other machines reach needs a token",
            "got " + shown(http.listen) + "; set http.token_file, or listen on 127.0.0.1");
    check_tokens(tokens, !http.loopback, context);
    const bool cert = context.given("http.tls.cert_file"), key = context.given("http.tls.key_file");
    if (cert != key)
        context.problem_at(cert ? "http.tls.cert_file" : "http.tls.key_file", "TLS needs a certificate and its key",
            cert ? "set http.tls.key_file, too" : "set http.tls.cert_file, too");
    if (!http.loopback && !cert && !key && !tokens.empty())
        context.notice("http.listen: other machines reach " + shown(http.listen) +
                       " without TLS, and tokens travel readable; set http.tls, or put a proxy with TLS in front");
}

} // namespace tickgate::config
