#include "diagnose/finding.hpp"

#include "core/secret.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tickgate::diagnose {

std::string_view to_string(Grade grade) noexcept {
    constexpr std::array<std::string_view, 4> words{"OK", "NOTE", "WARN", "FAIL"};
    return words[static_cast<std::size_t>(grade)];
}

void Reporter::add(Grade grade, std::string check, std::string text, std::string fix, int exit) const {
    Finding f;
    f.grade = grade;
    f.subject = subject_;
    f.check = std::move(check);
    f.text = redact(text);
    f.fix = std::move(fix);
    f.exit = exit;
    tell_(std::move(f));
}

void Reporter::ok(std::string check, std::string text) const {
    add(Grade::ok, std::move(check), std::move(text), {}, 0);
}
void Reporter::note(std::string check, std::string text, std::string fix) const {
    add(Grade::note, std::move(check), std::move(text), std::move(fix), 0);
}
void Reporter::warn(std::string check, std::string text, std::string fix) const {
    add(Grade::warning, std::move(check), std::move(text), std::move(fix), 0);
}
void Reporter::fail(std::string check, std::string text, std::string fix, int exit) const {
    add(Grade::failure, std::move(check), std::move(text), std::move(fix), exit);
}

Advice advice_for(const error_code& ec, const std::string& settings) {
    const auto is = [&](errc e) { return ec == make_error_code(e); };
    if (is(errc::unauthorized))
        return {"the credentials are refused",
            "check the key or token of " + settings +
                " (or the file it is in): is it whole, not withdrawn, and for this "
                "endpoint?",
            refused};
    if (is(errc::restricted))
        return {"the venue refuses this address or country",
            "ask the venue; some have another endpoint for your country (" + settings + ".endpoints)", refused};
    if (is(errc::not_entitled))
        return {"the plan or account does not include this",
            "choose a plan that does, or take this provider out of the routes of that class", refused};
    if (is(errc::rate_limited) || is(errc::banned))
        return {"the venue asks for fewer requests", "wait, and see what else uses this account or address"};
    if (is(errc::too_many_connections) || is(errc::too_many_subscriptions))
        return {"the venue's limit of connections or subscriptions is reached",
            "end what else is connected with this account; a gateway that runs counts, too"};
    if (is(errc::unknown_symbol))
        return {"the venue does not know the symbol", "tickgate symbols TEXT searches for its name", misconfigured};
    if (is(errc::not_supported))
        return {"the provider does not offer this", "nothing needs to be done"};
    if (is(errc::configuration))
        return {"a setting is wrong", "check " + settings, misconfigured};
    if (is(errc::malformed_payload) || is(errc::protocol_error) || is(errc::message_too_large))
        return {"the answer is not what this venue sends", "is " + settings +
                                                               ".endpoints really this venue, or is a proxy in "
                                                               "between?"};
    if (is(errc::tls_failed))
        return {"the TLS handshake failed", tls_fix("", settings + ".tls.ca_file")};
    if (is(errc::timed_out))
        return {"no answer came in time", "is a firewall in between? Try again later: the venue may be slow"};
    if (is(errc::venue_error))
        return {"the fault is the venue's", "see the venue's status page, try again later"};
    return {describe(ec), "check the network and " + settings + ".endpoints"};
}

std::string tls_fix(std::string_view detail, const std::string& ca_setting) {
    const auto has = [&](std::string_view part) { return detail.find(part) != std::string_view::npos; };
    if (has("expired"))
        return "the certificate has expired: renew it, if the server is yours; check this machine's clock "
               "(timedatectl)";
    if (has("not yet valid"))
        return "check this machine's clock (timedatectl)";
    if (has("self-signed") || has("self signed") || has("issuer") || has("unable to verify"))
        return "name the authority that signed it with " + ca_setting +
               ", or install ca-certificates; if it should be a "
               "public one, somebody is in between";
    if (has("mismatch") || has("Hostname") || has("IP address"))
        return "the certificate is for another name: use the name it is for in the address";
    return "check that the port speaks TLS, and name its authority with " + ca_setting + " if it is a private one";
}

int graver(int a, int b) noexcept {
    constexpr std::array<int, 5> order{0, 1, unreachable, refused, misconfigured};
    const auto rank = [&](int code) { return std::find(order.begin(), order.end(), code) - order.begin(); };
    return rank(a) >= rank(b) ? a : b;
}

std::string duration_text(std::chrono::milliseconds d) {
    return d < std::chrono::seconds(10) ? fmt::format("{} ms", d.count())
                                        : fmt::format("{:.1f} s", static_cast<double>(d.count()) / 1000);
}

} // namespace tickgate::diagnose
