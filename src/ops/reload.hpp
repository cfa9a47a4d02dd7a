// What became of reading the configuration again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tickgate::ops {

// A setting that differs: its dotted key and both values as `effective_settings()` writes them, secrets masked. Empty:
// it was not there, or is not there any more.
struct SettingChange {
    std::string key, old_value, new_value;
};

// A fault of the file. `line` and `column` count from 1; 0: the file as a whole. `key` and `hint` may be empty.
struct ReloadProblem {
    std::string file;
    int line = 0, column = 0;
    std::string key, text, hint;
};

// All or nothing: with `problems` nothing was applied and everything is as it was. `restart` are keys (each in
// `changed` too) that are in force only after a restart. `changed` empty and `applied` true: the file says what is in
// force.
struct ReloadReport {
    bool applied = false;
    std::string digest; // of the configuration in force afterwards
    std::vector<SettingChange> changed;
    std::vector<std::string> restart;
    std::vector<ReloadProblem> problems;
};

} // namespace tickgate::ops
