// Commands that are an operation of engine/operations.h seen from the command line: the options
// come from the operation's fields, the answer is printed as rows. Thread-safety: main thread.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "app/arguments.h"
#include "app/data_folder.h"

namespace penchant {

struct OperationCommand {
  std::string_view operation;
  // Fields given as bare words, in this order; the last takes all that are left when it is a list.
  std::vector<std::string_view> words = {};
  size_t skip = 0;  // bare words before them that the command has used itself
  Folder folder = Folder::existing;
  std::string_view rows = {};  // member of the answer with one row each; empty: the answer itself
  std::vector<std::string_view> columns = {};  // of the table on a terminal
};

std::vector<Option> operation_options(const OperationCommand& command);
int run_operation(const OperationCommand& command, const Arguments& arguments);

}  // namespace penchant
