#include "app/commands.h"

#include <array>

namespace penchant {

namespace {

constexpr std::array<Command, 0> table;

}  // namespace

std::span<const Command> commands() { return table; }

}  // namespace penchant
