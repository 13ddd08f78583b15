// The commands of the program, one row each. A command's file src/app/command_NAME.cc holds its
// function; its row in commands.cc says how it is called. `--help`, usage errors and the overview
// come from the row.
//
// A command prints data on stdout (app/output.h) and talk on stderr, and returns the exit code: 0,
// or what usage_error() and failure() return. Thread-safety: the table is immutable; a command runs
// on the main thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/arguments.h"
#include "base/result.h"

namespace penchant {

struct Command {
  std::string_view name;
  std::string_view summary;  // one line in `penchant --help`
  std::string_view usage;    // what follows the name
  std::string_view example;  // one real command line
  size_t positionals_min = 0;
  size_t positionals_max = 0;
  std::vector<Option> (*options)() = nullptr;
  int (*run)(const Arguments& arguments) = nullptr;
};

std::span<const Command> commands();

// Runs the program: the words after its name. Returns the exit code.
int run_program(std::span<const std::string> words);

inline constexpr int exit_failure = 1;
inline constexpr int exit_usage = 2;

// One sentence on stderr, and the exit code to return.
int usage_error(std::string_view message);
int failure(const Error& error);

// The functions and options of the rows.
int command_import(const Arguments& arguments);
int command_export(const Arguments& arguments);
int command_recommend(const Arguments& arguments);
int command_similar(const Arguments& arguments);
int command_search(const Arguments& arguments);
int command_match(const Arguments& arguments);
int command_explain(const Arguments& arguments);
int command_mine(const Arguments& arguments);
int command_user(const Arguments& arguments);
int command_compress(const Arguments& arguments);
int command_demo(const Arguments& arguments);
int command_doctor(const Arguments& arguments);
int command_eval(const Arguments& arguments);
int command_embed(const Arguments& arguments);
int command_model(const Arguments& arguments);
int command_serve(const Arguments& arguments);
std::vector<Option> serve_options();
int command_tokenize(const Arguments& arguments);
std::vector<Option> import_options();
std::vector<Option> export_options();
std::vector<Option> recommend_options();
std::vector<Option> similar_options();
std::vector<Option> search_options();
std::vector<Option> match_options();
std::vector<Option> explain_options();
std::vector<Option> mine_options();
std::vector<Option> user_options();
std::vector<Option> compress_options();
std::vector<Option> demo_options();
std::vector<Option> doctor_options();
std::vector<Option> eval_options();
std::vector<Option> embed_options();
std::vector<Option> tokenize_options();

}  // namespace penchant
