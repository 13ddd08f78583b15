#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "app/commands.h"
#include "app/help.h"
#include "app/version.h"
#include "base/log.h"
#include "math/products.h"

namespace penchant {

namespace {

// Whose usage a message is about; empty before a command is known.
std::string_view current_command;

// The library's messages; one call, so that threads do not mix lines.
void print_message(LogLevel level, std::string_view message) {
  const char* prefix = level == LogLevel::info    ? ""
                       : level == LogLevel::error ? "error: "
                                                  : "note: ";
  const std::string line = fmt::format("penchant: {}{}\n", prefix, message);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

int print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

Result<> check_positionals(const Command& command, size_t given) {
  if (given < command.positionals_min)
    return invalid(
        fmt::format("something is missing; usage: penchant {} {}", command.name, command.usage));
  if (given > command.positionals_max)
    return invalid(
        fmt::format("too many words; usage: penchant {} {}", command.name, command.usage));
  return {};
}

int run_command(const Command& command, std::span<const std::string> words) {
  current_command = command.name;
  std::vector<Option> options = command.options();
  options.push_back({"help", "", "prints this help", 'h'});
  auto arguments = Arguments::parse(options, words);
  if (arguments.ok() && arguments->has("help")) return print(command_help(command));
  if (!arguments.ok()) return usage_error(arguments.error().message);
  const auto counted = check_positionals(command, arguments->positionals().size());
  if (!counted.ok()) return usage_error(counted.error().message);
  return command.run(*arguments);
}

}  // namespace

int usage_error(std::string_view message) {
  fmt::print(stderr, "penchant{}{}: {}\n", current_command.empty() ? "" : " ", current_command,
             message);
  fmt::print(stderr, "penchant{}{} --help explains it\n", current_command.empty() ? "" : " ",
             current_command);
  return exit_usage;
}

int failure(const Error& error) {
  fmt::print(stderr, "penchant{}{}: {}\n", current_command.empty() ? "" : " ", current_command,
             error.message);
  return exit_failure;
}

int run_program(std::span<const std::string> words) {
  set_log_sink(print_message);
  // A file at its size limit is an error of the write, like a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  if (const char* name = std::getenv("PENCHANT_PROCESSOR"); name != nullptr && !set_processor(name))
    return usage_error(fmt::format("PENCHANT_PROCESSOR is \"{}\"; this machine has {}", name,
                                   fmt::join(product_names(), ", ")));
  if (words.empty()) {
    fmt::print(stderr, "{}", program_help());
    return exit_usage;
  }
  const std::string& name = words[0];
  if (name == "--help" || name == "-h" || name == "help") {
    if (words.size() < 2) return print(program_help());
    const std::string help[] = {"--help"};
    for (const Command& command : commands())
      if (command.name == words[1]) return run_command(command, help);
    return usage_error(fmt::format("unknown command \"{}\"", words[1]));
  }
  if (name == "--version") return print(fmt::format("penchant {}\n", program_version()));
  std::vector<std::string_view> names;
  for (const Command& command : commands()) {
    if (command.name == name) return run_command(command, words.subspan(1));
    names.push_back(command.name);
  }
  const std::string_view meant = nearest_name(name, names);
  return usage_error(fmt::format("unknown {} \"{}\"{}", name[0] == '-' ? "option" : "command", name,
                                 meant.empty() ? "" : fmt::format("; did you mean {}?", meant)));
}

}  // namespace penchant
