#include "venue_kit/control.hpp"

#include "venue_kit/text.hpp"

namespace tickgate::venue_kit {

namespace {

ControlAnswer failed(int status, std::string_view problem) {
    ControlAnswer answer{status, R"({"error":)"};
    append_json_string(answer.body, problem);
    answer.body.push_back('}');
    return answer;
}

} // namespace

ControlAnswer control(
    std::string_view method, std::string_view path, std::string_view body, const ControlTarget& target) {
    if (path == "/control/state") {
        if (method != "GET")
            return failed(405, "use GET");
        return {200, target.state()};
    }
    if (path != "/control/fault" && path != "/control/clear")
        return failed(404, "known: POST /control/fault, POST /control/clear, GET /control/state");
    if (method != "POST")
        return failed(405, "use POST");

    if (path == "/control/clear") {
        std::optional<FaultKind> kind;
        const auto name = json_field(body, "fault");
        if (!name.empty() && !(kind = fault_from(name)))
            return failed(400, "unknown fault");
        target.clear(kind);
        return {200, R"({"ok":true})"};
    }
    std::string problem;
    auto fault = parse_fault_json(body, problem);
    if (!fault)
        return failed(400, problem);
    target.add(std::move(*fault));
    return {200, R"({"ok":true})"};
}

} // namespace tickgate::venue_kit
