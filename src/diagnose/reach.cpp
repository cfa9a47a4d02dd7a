#include "diagnose/reach.hpp"

#include "core/clock.hpp"

#include <boost/asio/error.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace tickgate::diagnose {

namespace {

constexpr auto soon = std::chrono::days(14);

std::string listed(const std::vector<std::string>& all) {
    std::string out;
    for (std::size_t i = 0; i < std::min<std::size_t>(all.size(), 3); ++i)
        out.append(i == 0 ? "" : ", ").append(all[i]);
    return all.size() > 3 ? out + fmt::format(", {} more", all.size() - 3) : out;
}

std::string connect_fix(const error_code& ec, const std::string& setting) {
    if (ec == asio::error::connection_refused)
        return "nothing listens there: start it, or mend the port in " + setting;
    if (ec == make_error_code(errc::timed_out) || ec == asio::error::timed_out)
        return "packets are lost on the way: a firewall, or a wrong address in " + setting;
    if (ec == asio::error::network_unreachable || ec == asio::error::host_unreachable)
        return "there is no way to that network: check routes, proxies and " + setting;
    return "check " + setting;
}

} // namespace

void tell_certificate(const net::Certificate& c, const std::string& check, const std::string& fix, UnixNanos now,
    const Reporter& report) {
    const auto days = std::chrono::duration_cast<std::chrono::hours>(c.not_after - now).count() / 24;
    const auto text = fmt::format("{}, issued by {}", c.subject, c.issuer);
    if (c.not_after < now)
        report.fail(check, fmt::format("{}, expired {} days ago", text, -days), fix, misconfigured);
    else if (c.not_before > now)
        report.fail(check, text + ", not valid yet", "check this machine's clock (timedatectl)", misconfigured);
    else if (c.not_after - now < soon)
        report.warn(check, fmt::format("{}, only {} days left", text, days), fix);
    else
        report.ok(check, fmt::format("{}, {} days left", text, days));
}

asio::awaitable<bool> reach(net::Url url, ReachOptions o, Reporter report) {
    net::ConnectOptions connect;
    connect.tls = o.tls;
    connect.deadline = o.deadline;
    const auto name = url.scheme == "unix" ? url.host : url.authority();
    auto inspecting = net::inspect(url, std::move(connect));
    const auto found = co_await std::move(inspecting);
    using Step = net::Inspection::Step;
    if (found.step == Step::lookup && found.error) {
        report.fail(o.what + "dns", url.host + ": " + found.detail,
            "check the spelling of the host in " + o.address_setting + ", and the resolver (/etc/resolv.conf)",
            unreachable);
        co_return false;
    }
    if (url.scheme != "unix")
        report.ok(o.what + "dns", url.host + " is " + listed(found.addresses) + ", " + duration_text(found.lookup));
    if (found.step == Step::connect) {
        report.fail(o.what + "connect", name + ": " + (found.detail.empty() ? describe(found.error) : found.detail),
            connect_fix(found.error, o.address_setting), unreachable);
        co_return false;
    }
    report.ok(o.what + "connect", (found.peer.empty() ? name : found.peer) + ", " + duration_text(found.connect));
    if (!url.secure())
        co_return true;
    if (found.step == Step::handshake) {
        std::string text = name + ": " + (found.detail.empty() ? describe(found.error) : found.detail);
        if (found.certificate)
            text += " (certificate: " + found.certificate->subject + ", issued by " + found.certificate->issuer + ")";
        report.fail(o.what + "tls", std::move(text), tls_fix(found.detail, o.ca_setting), unreachable);
        co_return false;
    }
    report.ok(o.what + "tls", found.tls + ", " + duration_text(found.handshake));
    if (found.certificate)
        tell_certificate(*found.certificate, o.what + "certificate",
            "it is the server's: tell its owner, or renew it if it is yours", wall_now(), report);
    co_return true;
}

} // namespace tickgate::diagnose
