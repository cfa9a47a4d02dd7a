#include "config/reference.hpp"

#include <algorithm>

namespace tickgate::config {

namespace {

// Markdown as man(7) has it: code becomes bold, of a link the words stay.
std::string roff(std::string_view text) {
    std::string out;
    bool bold = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const std::size_t link = c == ']' ? text.find("](", i) : std::string_view::npos;
        if (c == '`') {
            out += bold ? "\\fR" : "\\fB";
            bold = !bold;
        } else if (link == i) {
            i = std::min(text.find(')', i), text.size() - 1);
        } else if (c == '[' && !bold && text.find("](", i) != std::string_view::npos) {
            continue;
        } else if (c == '\\') {
            out += "\\e";
        } else if (c == '-') {
            out += "\\-";
        } else {
            out += c;
        }
    }
    // A point or an apostrophe that begins a line would be a request.
    return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string entry(const Setting& setting) {
    std::string about = setting.type == "word" ? setting.range : setting.type;
    if (setting.type != "word" && !setting.range.empty())
        about += ", " + setting.range;
    if (!setting.unit.empty())
        about += " " + setting.unit;
    about += "; default: " + (setting.fallback.empty() ? "none" : setting.fallback);
    about += setting.apply == Apply::live ? "; a reload applies it" : "; needs a restart";
    return ".TP\n.B " + roff(setting.key) + "\n" + roff(setting.text) + "\n.br\n" + roff("(" + about + ")") + "\n";
}

constexpr std::string_view head = R"(.TH TICKGATE.YAML 5 "" "Tickgate" "File formats"
.SH NAME
tickgate.yaml \- configuration of the Tickgate market\-data gateway
.SH DESCRIPTION
One YAML file, by default
.IR /etc/tickgate/tickgate.yaml .
An empty file is valid: every key has a default.
.B tickgate check\-config
tells every problem at once, each with its line.
.PP
In values \fB${VAR}\fR stands for an environment variable that must be set, \fB${VAR:\-default}\fR has a default for one
that is unset or empty, \fB${VAR:?message}\fR fails with that message; \fB$$\fR is a dollar sign.
A key without a value means the same as leaving it out.
Every secret \fIx\fR can be given as \fIx\fB_file\fR instead.
Relative paths start at the folder of the file.
Durations are whole numbers with a unit: \fB50ms\fR, \fB2s\fR, \fB5m\fR, \fB1h\fR, \fB1d\fR.
.PP
Keys are written here with dots: \fBredis.url\fR is \fBurl\fR below \fBredis\fR. \fB*\fR stands for a name of your own.
.SH SETTINGS
)";

constexpr std::string_view tail = R"(.SH FILES
.I /etc/tickgate/tickgate.yaml
.SH SEE ALSO
.BR tickgate (1)
)";

} // namespace

std::string manual_page() {
    std::string page(head);
    std::string section;
    for (const Setting& setting : settings()) {
        const std::string first = setting.key.substr(0, setting.key.find('.'));
        if (first != section)
            page += ".SS " + first + "\n";
        section = first;
        page += entry(setting);
    }
    return page + std::string(tail);
}

} // namespace tickgate::config
