#include "integration/market_system.hpp"

#include <stdexcept>

namespace tickgate::test {

std::vector<std::string> small_venue(const std::string& name) {
    if (name == "binance")
        return {"--kind", "spot", "--symbols", "BTCUSDT,ETHUSDT", "--rate", "100"};
    if (name == "oanda")
        return {"--credential", credential, "--accounts", oanda_account, "--symbols", "EUR_USD,USD_JPY,EUR_JPY",
            "--rate", "100", "--heartbeat", "1"};
    if (name == "massive")
        return {"--credential", credential, "--symbols", "AAPL,MSFT,SPY,C:EUR-USD,C:USD-JPY", "--rate", "200"};
    return {"--credential", credential, "--symbols", "AAPL,MSFT,SPY", "--rate", "200", "--requests-per-minute", "0"};
}

MarketSystem::MarketSystem(MarketOptions options) : http_port(free_port()) {
    std::string providers;
    for (auto& [name, arguments] : options.venues) {
        ports[name] = free_port();
        control_ports[name] = free_port();
        const auto port = std::to_string(ports[name]);
        std::vector<std::string> command{
            binary, "venue", name, "--port", port, "--control-port", std::to_string(control_ports[name])};
        command.insert(command.end(), arguments.begin(), arguments.end());
        venues[name] = std::make_unique<Process>(std::move(command));
        const auto control = control_ports[name];
        if (!System::eventually([&] { return http_get(control, "/control/state").status == 200; }))
            throw std::runtime_error("the venue does not start: " + venues[name]->standard_error());
        const auto http = "\"http://127.0.0.1:" + port + '"', ws = "\"ws://127.0.0.1:" + port + '"';
        if (name == "binance")
            providers += "  binance: {endpoints: {ws: " + ws + ", rest: " + http + "}}\n";
        else if (name == "oanda")
            providers += "  oanda: {token: " + credential + ", account: " + oanda_account +
                         ", endpoints: {rest: " + http + ", stream: " + http + "}}\n";
        else if (name == "massive")
            providers += "  massive: {api_key: " + credential + ", endpoints: {ws: " + ws + ", rest: " + http + "}}\n";
        else
            providers += "  tradier: {token: " + credential + ", endpoints: {ws: " + ws + ", rest: " + http +
                         ", stream: " + http + "}}\n";
    }
    config_file = directory.write(
        "tickgate.yaml", "redis: {url: \"" + redis.url() +
                             "\"}\nhttp: {listen: \"127.0.0.1:" + std::to_string(http_port) + "\"}\nstore: {url: \"" +
                             (options.store.empty() ? "sqlite://" + directory.path() + "/bars.db" : options.store) +
                             "\"}\nproviders:\n" + providers + "routes: {" + options.routes + "}\nsymbols: {" +
                             options.symbols + "}\n" + options.more);
    gateway = std::make_unique<Process>(
        std::vector<std::string>{binary, "run", "--config", config_file, "--log-level", "debug"});
    if (!options.wait)
        return;
    if (!System::eventually([&] { return http_get(http_port, "/readyz").status == 200 || !gateway->running(); }) ||
        !gateway->running())
        throw std::runtime_error(
            "the gateway is not ready: " + http_get(http_port, "/readyz").body + "\n" + gateway->standard_error());
}

void MarketSystem::fault(const std::string& venue, std::string_view json) const {
    const auto answer = http(control_ports.at(venue), "POST", "/control/fault", json);
    if (answer.status != 200)
        throw std::runtime_error("the venue refuses the fault: " + answer.body);
}

void MarketSystem::clear_faults(const std::string& venue) const {
    if (http(control_ports.at(venue), "POST", "/control/clear", "{}").status != 200)
        throw std::runtime_error("the venue does not clear its faults");
}

std::string MarketSystem::state_of(std::string_view instrument) const {
    return field(redis.get("md:state:" + std::string(instrument)), "state");
}

std::string MarketSystem::ask(const std::vector<std::string>& fields) {
    const auto id = "integration-" + std::to_string(++requests_);
    std::vector<std::string> command{"XADD", "md:req", "*", "id", id};
    command.insert(command.end(), fields.begin(), fields.end());
    redis.cli(command);
    std::string all;
    for (;;) {
        const auto answer = redis.cli({"BLPOP", "md:rep:" + id, "8"});
        if (answer.elements.size() != 2)
            return all;
        const auto& chunk = answer.elements[1].text;
        all += chunk + "\n";
        if (field(chunk, "done") == "true")
            return all;
    }
}

} // namespace tickgate::test
