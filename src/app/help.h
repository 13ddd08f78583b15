// The texts of --help, made from the table of commands. Thread-safety: functions.
#pragma once

#include <string>
#include <string_view>

#include "app/commands.h"

namespace penchant {

std::string program_help();
std::string command_help(const Command& command);

}  // namespace penchant
