#include "app/help.h"

#include <fmt/format.h>

#include <algorithm>

namespace penchant {

namespace {

std::string option_label(const Option& option) {
  std::string out = option.letter != 0 ? fmt::format("-{}, ", option.letter) : "    ";
  out += "--" + option.name;
  if (!option.value.empty()) out += " " + option.value;
  return out;
}

}  // namespace

std::string program_help() {
  size_t width = 0;
  for (const Command& command : commands()) width = std::max(width, command.name.size());
  std::string out =
      "Penchant, a semantic recommendation engine in one program.\n"
      "\n"
      "usage: penchant COMMAND [OPTIONS]\n"
      "\n";
  for (const Command& command : commands())
    out += fmt::format("  {:<{}}  {}\n", command.name, width, command.summary);
  out +=
      "\n"
      "penchant COMMAND --help explains one command, penchant --version prints the version.\n"
      "Data goes to stdout (a table on a terminal, else JSON Lines), talk to stderr.\n"
      "Exit codes: 0 done, 1 failed, 2 wrong usage.\n";
  return out;
}

std::string command_help(const Command& command) {
  std::string out = fmt::format("{}\n\nusage: penchant {} {}\n\nexample:\n  {}\n", command.summary,
                                command.name, command.usage, command.example);
  const std::vector<Option> options = command.options();
  size_t width = 0;
  for (const Option& option : options) width = std::max(width, option_label(option).size());
  if (!options.empty()) out += "\noptions:\n";
  for (const Option& option : options)
    out += fmt::format("  {:<{}}  {}\n", option_label(option), width, option.help);
  return out;
}

}  // namespace penchant
