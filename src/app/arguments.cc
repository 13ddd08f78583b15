#include "app/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

namespace penchant {

namespace {

const Option* find_option(std::span<const Option> options, std::string_view name) {
  for (const Option& option : options)
    if (option.name == name) return &option;
  return nullptr;
}

const Option* find_letter(std::span<const Option> options, char letter) {
  for (const Option& option : options)
    if (option.letter == letter) return &option;
  return nullptr;
}

Error unknown_option(std::span<const Option> options, std::string_view word,
                     std::string_view name) {
  std::vector<std::string_view> names;
  for (const Option& option : options) names.push_back(option.name);
  const std::string_view meant = nearest_name(name, names);
  return invalid(fmt::format("unknown option \"{}\"{}", word,
                             meant.empty() ? "" : fmt::format("; did you mean --{}?", meant)));
}

// One word that begins with a dash, taken apart.
struct OptionWord {
  const Option* option = nullptr;
  bool has_value = false;
  std::string value;
};

Result<OptionWord> read_option(std::span<const Option> options, const std::string& word) {
  OptionWord out;
  if (word.starts_with("--")) {
    const size_t equals = word.find('=');
    const std::string name = word.substr(2, equals == word.npos ? word.npos : equals - 2);
    out.option = find_option(options, name);
    if (out.option == nullptr) return unknown_option(options, "--" + name, name);
    out.has_value = equals != word.npos;
    if (out.has_value) out.value = word.substr(equals + 1);
    return out;
  }
  out.option = find_letter(options, word[1]);
  if (out.option == nullptr) return unknown_option(options, word, word.substr(1));
  out.has_value = word.size() > 2;
  if (out.has_value) out.value = word.substr(word[2] == '=' ? 3 : 2);
  return out;
}

}  // namespace

Result<Arguments> Arguments::parse(std::span<const Option> options,
                                   std::span<const std::string> words) {
  Arguments out;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      out.positionals_.insert(out.positionals_.end(), words.begin() + i + 1, words.end());
      break;
    }
    if (word.size() < 2 || word[0] != '-') {
      out.positionals_.push_back(word);
      continue;
    }
    TRY(OptionWord read, read_option(options, word));
    const std::string& name = read.option->name;
    if (read.option->value.empty()) {
      if (read.has_value) return invalid(fmt::format("option --{} takes no value", name));
    } else if (!read.has_value) {
      if (i + 1 == words.size())
        return invalid(fmt::format("option --{} needs a value: {}", name, read.option->value));
      read.value = words[++i];
    }
    std::vector<std::string>& values = out.values_[name];
    if (!values.empty() && !read.option->repeatable)
      return invalid(fmt::format("option --{} is given twice", name));
    values.push_back(std::move(read.value));
  }
  return out;
}

std::string Arguments::get(std::string_view name, std::string_view fallback) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string(fallback) : found->second.front();
}

std::span<const std::string> Arguments::all(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return {};
  return found->second;
}

Result<int64_t> Arguments::integer(std::string_view name, int64_t fallback, int64_t minimum,
                                   int64_t maximum) const {
  if (!has(name)) return fallback;
  const std::string text = get(name);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < minimum ||
      number > maximum)
    return invalid(fmt::format("option --{} must be a whole number from {} to {}, not \"{}\"", name,
                               minimum, maximum, text));
  return number;
}

Result<size_t> Arguments::choice(std::string_view name,
                                 std::initializer_list<std::string_view> choices) const {
  const std::string text = get(name, *choices.begin());
  const auto found = std::find(choices.begin(), choices.end(), text);
  if (found != choices.end()) return static_cast<size_t>(found - choices.begin());
  return invalid(fmt::format("option --{} must be one of {}, not \"{}\"", name,
                             fmt::join(choices, ", "), text));
}

std::string_view nearest_name(std::string_view word, std::span<const std::string_view> names) {
  std::string_view best;
  size_t best_distance = word.size() / 3 + (word.size() > 2);  // beyond that it is another word
  std::vector<size_t> row;
  for (const std::string_view name : names) {  // edit distance, one row of the table at a time
    row.resize(name.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (size_t i = 0; i < word.size(); ++i) {
      size_t diagonal = row[0]++;
      for (size_t j = 0; j < name.size(); ++j) {
        const size_t replaced = diagonal + (word[i] != name[j]);
        diagonal = row[j + 1];
        row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
      }
    }
    if (row.back() <= best_distance && (best.empty() || row.back() < best_distance)) {
      best = name;
      best_distance = row.back();
    }
  }
  return best;
}

}  // namespace penchant
