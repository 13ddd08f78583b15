// Words of a command line to options and positionals. Strict: an unknown, repeated or valueless
// option is an error that names it. Options are written --name VALUE or --name=VALUE, letters -n 5
// or -n5; "--" ends them. Thread-safety: a value.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace penchant {

struct Option {
  std::string name;   // without the dashes
  std::string value;  // what the help calls its value: "DIR", "N"; empty: a switch without one
  std::string help;   // with unit, range and default
  char letter = 0;    // short form, or 0
  bool repeatable = false;
};

class Arguments {
 public:
  // Errors are usage errors: one sentence for stderr, exit 2.
  static Result<Arguments> parse(std::span<const Option> options,
                                 std::span<const std::string> words);

  bool has(std::string_view name) const { return values_.contains(name); }
  std::string get(std::string_view name, std::string_view fallback = "") const;
  std::span<const std::string> all(std::string_view name) const;  // of a repeatable option
  // A whole number in [minimum, maximum]; the error names the option.
  Result<int64_t> integer(std::string_view name, int64_t fallback, int64_t minimum,
                          int64_t maximum) const;
  // Which of the names the option says; the first when it is absent.
  Result<size_t> choice(std::string_view name,
                        std::initializer_list<std::string_view> choices) const;

  std::span<const std::string> positionals() const { return positionals_; }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> positionals_;
};

// The one of `names` that `word` was probably meant to be, or "".
std::string_view nearest_name(std::string_view word, std::span<const std::string_view> names);

}  // namespace penchant
