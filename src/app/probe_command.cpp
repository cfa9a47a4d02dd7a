#include "app/probe_command.hpp"

#include "app/gateway.hpp"
#include "app/provider_rest.hpp"
#include "cli/text.hpp"
#include "config/suggest.hpp"
#include "core/log.hpp"
#include "diagnose/doctor.hpp"
#include "diagnose/probe.hpp"
#include "diagnose/redis_check.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <iostream>

namespace tickgate::app {

void register_providers(ProviderRegistry& registry); // generated from providers/CMakeLists.txt

namespace {

using diagnose::Finding;
using diagnose::Grade;

// Writes findings as they come, and keeps the gravest exit code.
class FindingWriter {
public:
    explicit FindingWriter(cli::Output output) : output_(std::move(output)) {}

    void take(Finding f) {
        if (f.grade == Grade::failure) {
            ++failures_;
            exit_ = diagnose::graver(exit_, f.exit);
        }
        warnings_ += f.grade == Grade::warning ? 1 : 0;
        if (output_.table())
            write_line(f);
        else
            elements_.push_back(element(f));
    }
    int finish() {
        if (output_.table()) {
            output_.line(fmt::format("{} failed, {} to be mended", failures_, warnings_));
        } else {
            const std::vector<cli::Column> columns{
                {"subject", ""}, {"check", ""}, {"grade", ""}, {"text", ""}, {"fix", ""}};
            cli::Json data;
            data.type = cli::Json::Type::list;
            data.items = elements_;
            output_.list(elements_, columns, "{\"data\":" + cli::to_json(data) + "}\n");
        }
        return output_.flush() ? exit_ : 1;
    }

private:
    void write_line(const Finding& f) {
        if (f.subject != subject_)
            output_.line((subject_.empty() ? "" : "\n") + f.subject, cli::Tone::bold);
        subject_ = f.subject;
        const auto tone = f.grade == Grade::ok        ? cli::Tone::good
                          : f.grade == Grade::failure ? cli::Tone::bad
                          : f.grade == Grade::warning ? cli::Tone::warning
                                                      : cli::Tone::dim;
        auto& out = output_.stream();
        out << "  " << output_.toned(fmt::format("{:<4}", diagnose::to_string(f.grade)), tone)
            << fmt::format("  {:<16} ", f.check) << cli::printable(f.text) << '\n';
        if (!f.fix.empty())
            out << fmt::format("        {:<16} -> ", "") << cli::printable(f.fix) << '\n';
        out << std::flush;
    }
    static cli::Json text(std::string value) {
        cli::Json out;
        out.type = cli::Json::Type::text;
        out.text = std::move(value);
        return out;
    }
    static cli::Json element(const Finding& f) {
        cli::Json out;
        out.type = cli::Json::Type::object;
        out.members = {{"subject", text(f.subject)}, {"check", text(f.check)},
            {"grade", text(std::string(diagnose::to_string(f.grade)))}, {"text", text(f.text)}, {"fix", text(f.fix)}};
        return out;
    }

    cli::Output output_;
    std::string subject_;
    std::vector<cli::Json> elements_;
    int exit_ = 0, failures_ = 0, warnings_ = 0;
};

// Runs to its end, or to a signal: then 128 and its number.
int run_alone(asio::io_context& loop, asio::awaitable<void> work) {
    std::signal(SIGPIPE, SIG_IGN);
    asio::signal_set signals(loop, SIGINT, SIGTERM);
    int code = 0;
    signals.async_wait([&](const error_code& ec, int signal) {
        if (ec)
            return;
        code = 128 + signal;
        loop.stop();
    });
    asio::co_spawn(loop, std::move(work), [&](const std::exception_ptr& fault) {
        loop.stop();
        if (!fault)
            return;
        code = 1;
        try {
            std::rethrow_exception(fault);
        } catch (const std::exception& e) {
            std::cerr << "tickgate: unexpected: " << e.what() << '\n';
        }
    });
    loop.run();
    return code;
}

// What the venues made of the symbols: those of the command line, else those that the provider is on the route of.
std::vector<InstrumentName> instruments_for(
    const std::string& provider, const config::Config& config, const std::vector<InstrumentName>& asked) {
    std::vector<InstrumentName> out;
    for (const auto& name : asked.empty() ? config.symbols : asked) {
        const auto& route = config.routes.of(name);
        if ((asked.empty() ? std::find(route.begin(), route.end(), provider) != route.end() : true) && out.size() < 8)
            out.push_back(name);
    }
    return out;
}

// Everything of one probe; made before the loop runs, gone after it.
class ProbeRun {
public:
    ProbeRun(asio::io_context& loop, const config::Config& config, const ProbeArguments& a, FindingWriter& writer)
        : loop_(loop), config_(config), arguments_(a), writer_(writer) {
        register_providers(registry_);
    }

    // False: a name on the command line is wrong, which was told.
    bool prepare() {
        for (const auto& text : arguments_.symbols) {
            auto name = InstrumentName::parse(text);
            if (!name) {
                fmt::print(
                    stderr, "tickgate: {} is no instrument: class:symbol, as crypto:BTC-USDT\n", config::shown(text));
                return false;
            }
            symbols_.push_back(std::move(*name));
        }
        std::vector<std::string> known;
        for (const auto& [name, provider] : config_.providers)
            known.push_back(name);
        for (const auto& name : arguments_.providers)
            if (std::find(known.begin(), known.end(), name) == known.end()) {
                const auto near = config::nearest(name, known);
                fmt::print(stderr, "tickgate: no provider {}; {} {}\n", config::shown(name),
                    near ? "did you mean" : "there are", near ? *near : config::joined(known));
                return false;
            }
        return true;
    }

    asio::awaitable<void> run() {
        auto redis = look_at_redis();
        co_await std::move(redis);
        for (const auto& [name, provider] : config_.providers) {
            const auto& asked = arguments_.providers;
            if (!asked.empty() && std::find(asked.begin(), asked.end(), name) == asked.end())
                continue;
            auto probing = probe(name, provider);
            co_await std::move(probing);
        }
    }

private:
    diagnose::Tell teller() {
        return [this](Finding f) { writer_.take(std::move(f)); };
    }

    asio::awaitable<void> look_at_redis() {
        diagnose::RedisCheck check;
        const diagnose::Reporter report("redis", teller());
        check.redis.url = config_.redis.url;
        check.redis.username = config_.redis.username;
        check.redis.password = config_.redis.password;
        check.prefix = config_.redis.prefix;
        std::string problem;
        if (config_.redis.transport == config::Redis::Transport::tls) {
            auto tls = net::TlsContext::client(config_.redis.tls_ca_file, problem);
            if (!tls) {
                report.fail("tls", problem, "check redis.tls.ca_file", diagnose::misconfigured);
                co_return;
            }
            check.redis.tls = *tls;
        }
        auto checking = diagnose::check_redis(check, report);
        co_await std::move(checking);
        gateway_alive_ = check.gateway_alive;
    }

    asio::awaitable<void> probe(std::string name, const config::ProviderConfig& settings) {
        const diagnose::Reporter report(name, teller());
        const bool named = !arguments_.providers.empty();
        if (!settings.enabled) {
            if (named)
                report.fail(
                    "settings", "off: " + settings.off_reason, "set it in providers." + name, diagnose::misconfigured);
            else
                report.note("settings", "off: " + settings.off_reason);
            co_return;
        }
        const auto* factory = registry_.find(name);
        std::string problem;
        auto provider = factory == nullptr ? nullptr : factory->make(settings.revealed(), problem);
        auto tls = net::TlsContext::client(settings.tls_ca_file, problem);
        if (!provider || !tls) {
            report.fail("settings", problem, "check providers." + name, diagnose::misconfigured);
            co_return;
        }
        ProviderRest rest(loop_.get_executor(), name, *tls);
        rest.attach(*provider);
        diagnose::ProbeOptions options;
        options.instruments = instruments_for(name, config_, symbols_);
        options.duration = arguments_.duration;
        options.has_credentials = !settings.secrets.empty();
        if (gateway_alive_ && !arguments_.force && limits_connections(*provider))
            options.no_live =
                "left out: a gateway runs and this venue counts connections of an account; --force tries all "
                "the same";
        diagnose::Probe probing(loop_.get_executor(), *provider, rest, *tls, std::move(options), teller());
        auto running = probing.run();
        co_await std::move(running);
        rest.stop();
    }

    static bool limits_connections(const DataProvider& provider) {
        const auto& feeds = provider.capabilities().feeds;
        return std::any_of(feeds.begin(), feeds.end(), [](const FeedSpec& f) { return f.max_connections == 1; });
    }

    asio::io_context& loop_;
    const config::Config& config_;
    const ProbeArguments& arguments_;
    FindingWriter& writer_;
    ProviderRegistry registry_;
    std::vector<InstrumentName> symbols_;
    bool gateway_alive_ = false;
};

} // namespace

int run_probe(const ProbeArguments& a) {
    const auto loaded = config::load_file(a.common.config);
    if (!loaded.config) {
        print_problems(loaded);
        return static_cast<int>(Exit::configuration);
    }
    log::setup(a.verbose ? log::Level::debug : log::Level::off, log::Format::logfmt);
    FindingWriter writer(output_of(a.common));
    asio::io_context loop(1);
    ProbeRun probe(loop, *loaded.config, a, writer);
    if (!probe.prepare())
        return static_cast<int>(Exit::usage);
    const int ended = run_alone(loop, probe.run());
    const int code = writer.finish();
    return ended != 0 ? ended : code;
}

int run_doctor(const CommonArguments& common) {
    log::setup(log::Level::off, log::Format::logfmt);
    FindingWriter writer(output_of(common));
    asio::io_context loop(1);
    diagnose::DoctorOptions options;
    options.config = common.config;
    const int ended =
        run_alone(loop, diagnose::examine(std::move(options), [&writer](Finding f) { writer.take(std::move(f)); }));
    const int code = writer.finish();
    return ended != 0 ? ended : code;
}

} // namespace tickgate::app
