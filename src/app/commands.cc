#include "app/commands.h"

namespace penchant {

namespace {

std::vector<Option> model_command_options() {
  return {{"models", "DIR", "where models are installed (default: $PENCHANT_MODELS)"},
          {"name", "N", "add: what to call a folder or file (default: its own name)"},
          {"json", "", "list and info: JSON even on a terminal"}};
}

constexpr Command table[] = {
    {"model", "Models of this machine: what there is, adding and removing",
     "list | info M | add M... | remove M...", "penchant model add multilingual-e5-small", 1, 100,
     model_command_options, command_model},
};

}  // namespace

std::span<const Command> commands() { return table; }

}  // namespace penchant
