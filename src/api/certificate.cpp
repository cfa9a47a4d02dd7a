#include "api/certificate.hpp"

#include "api/api.hpp"
#include "api/exposition.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"

namespace tickgate::api {

namespace {

constexpr std::chrono::hours soon(14 * 24);

} // namespace

error_code Certificate::load(const std::string& cert_file, const std::string& key_file, std::string& problem) {
    auto loaded = net::TlsContext::server(cert_file, key_file, problem);
    if (!loaded)
        return loaded.error();
    tls_ = std::move(*loaded);
    const auto left = std::chrono::floor<std::chrono::hours>(tls_->not_after() - wall_now());
    if (left.count() < 0)
        log::error("api", "certificate_expired",
            {{"file", cert_file}, {"hint", "clients refuse it: put a new one there and reload"}});
    else if (left < soon)
        log::warn("api", "certificate_expires", {{"file", cert_file}, {"hours_left", left.count()}});
    return {};
}

std::vector<Family> Certificate::families() const {
    std::vector<Family> out{family_of("tickgate_http_certificate_expiry_seconds")};
    auto& f = out.front();
    if (tls_) {
        const std::chrono::duration<double> at = tls_->not_after().time_since_epoch();
        f.samples.emplace_back().value = at.count();
    }
    return out;
}

} // namespace tickgate::api
