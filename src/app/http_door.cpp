#include "app/http_door.hpp"

namespace tickgate::app {

api::AccessOptions access_of(const config::Http& http) {
    api::AccessOptions access;
    if (!http.token.empty())
        access.tokens.push_back({std::string(config::default_token_name), api::Scope::admin, http.token});
    for (const auto& token : http.tokens) {
        const auto scope = token.scope == config::HttpScope::admin ? api::Scope::admin : api::Scope::read;
        access.tokens.push_back({token.name, scope, token.token});
    }
    access.origins = http.origins;
    access.cors = http.cors;
    access.metrics_open = http.metrics_open;
    access.rate = http.rate;
    access.burst = http.burst;
    return access;
}

api::ApiOptions api_options_of(const config::Http& http) {
    api::ApiOptions options;
    options.host = http.host;
    options.port = http.port;
    options.loopback = http.loopback;
    options.access = access_of(http);
    options.cert_file = http.cert_file;
    options.key_file = http.key_file;
    options.max_connections = static_cast<std::size_t>(http.connections);
    options.max_connections_per_peer = static_cast<std::size_t>(http.connections_per_peer);
    return options;
}

} // namespace tickgate::app
