// The commands that are one operation each: recommend, similar, search, explain, match, mine, and
// the two of `penchant user`.
#include <fmt/format.h>

#include "app/commands.h"
#include "app/operation_command.h"

namespace penchant {

namespace {

const std::vector<std::string_view> answer_columns = {"score", "item", "title", "source",
                                                      "reasons"};

const OperationCommand recommend = {
    .operation = "recommend", .words = {"id"}, .rows = "items", .columns = answer_columns};
const OperationCommand similar = {
    .operation = "similar", .words = {"id"}, .rows = "items", .columns = answer_columns};
const OperationCommand search = {
    .operation = "search", .words = {"query"}, .rows = "items", .columns = answer_columns};
const OperationCommand explain = {
    .operation = "explain", .words = {"id", "item"}, .columns = answer_columns};
const OperationCommand match = {.operation = "match",
                                .folder = Folder::none,
                                .columns = {"similarity", "interests", "reasons"}};
const OperationCommand mine = {.operation = "mine",
                               .words = {"texts"},
                               .folder = Folder::none,
                               .rows = "results",
                               .columns = {"keywords"}};
const OperationCommand interests = {.operation = "interests",
                                    .words = {"id"},
                                    .skip = 1,
                                    .rows = "interests",
                                    .columns = {"kind", "share", "name", "items"}};
const OperationCommand history = {.operation = "user_events",
                                  .words = {"id"},
                                  .skip = 1,
                                  .rows = "events",
                                  .columns = {"time", "type", "value", "item"}};

}  // namespace

std::vector<Option> recommend_options() { return operation_options(recommend); }
int command_recommend(const Arguments& arguments) { return run_operation(recommend, arguments); }

std::vector<Option> similar_options() { return operation_options(similar); }
int command_similar(const Arguments& arguments) { return run_operation(similar, arguments); }

std::vector<Option> search_options() { return operation_options(search); }
int command_search(const Arguments& arguments) { return run_operation(search, arguments); }

std::vector<Option> explain_options() { return operation_options(explain); }
int command_explain(const Arguments& arguments) { return run_operation(explain, arguments); }

std::vector<Option> match_options() { return operation_options(match); }
int command_match(const Arguments& arguments) { return run_operation(match, arguments); }

std::vector<Option> mine_options() { return operation_options(mine); }
int command_mine(const Arguments& arguments) { return run_operation(mine, arguments); }

// Both readings of a user have their options in one list; each knows its own.
std::vector<Option> user_options() {
  std::vector<Option> out = operation_options(interests);
  for (Option& option : operation_options(history))
    if (option.name == "n") out.push_back(std::move(option));
  return out;
}

int command_user(const Arguments& arguments) {
  const std::string& what = arguments.positionals()[0];
  if (what != "interests" && what != "history")
    return usage_error(fmt::format("what to show must be interests or history, not \"{}\"", what));
  return run_operation(what == "history" ? history : interests, arguments);
}

}  // namespace penchant
