#include "store/csv.h"

#include <fmt/format.h>

#include "base/limits.h"

namespace penchant {

std::string& CsvRecord::next_field() {
  if (count_ == fields_.size()) fields_.emplace_back();
  std::string& field = fields_[count_++];
  field.clear();
  return field;
}

Result<bool> CsvRecord::fail(std::string message) {
  quoted_ = false;
  return invalid(std::move(message));
}

Result<bool> CsvRecord::feed(std::string_view line) {
  size_t at = 0;
  if (quoted_) {
    fields_[count_ - 1] += '\n';
  } else {
    count_ = 0;
    bytes_ = 0;
  }
  bytes_ += line.size() + 1;
  if (bytes_ > limits::line_bytes)
    return fail(fmt::format("a quoted field is not closed within {} bytes", limits::line_bytes));
  while (true) {
    if (!quoted_ && (at == line.size() || line[at] != '"')) {
      const size_t end = std::min(line.find(separator_, at), line.size());
      next_field().append(line, at, end - at);
      at = end;
    } else {
      if (!quoted_) {
        next_field();
        ++at;
      }
      quoted_ = true;
      std::string& field = fields_[count_ - 1];
      while (true) {
        const size_t quote = line.find('"', at);
        field.append(line, at, std::min(quote, line.size()) - at);
        if (quote == std::string_view::npos) return false;
        at = quote + 1;
        if (at == line.size() || line[at] != '"') break;
        field += '"';
        ++at;
      }
      quoted_ = false;
      if (at < line.size() && line[at] != separator_)
        return fail(fmt::format("text after the closing quote of field {}", count_));
    }
    if (at == line.size()) break;
    ++at;  // the separator; behind it a field follows, if only an empty one
    if (count_ > limits::list_values)
      return fail(fmt::format("more than {} fields", limits::list_values));
  }
  fields_.resize(count_);
  return true;
}

char csv_separator(std::string_view line) {
  constexpr std::string_view candidates = ",;\t|";
  size_t counts[candidates.size()] = {};
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    const size_t candidate = candidates.find(c);
    if (!quoted && candidate != std::string_view::npos) ++counts[candidate];
  }
  size_t best = 0;
  for (size_t i = 1; i < candidates.size(); ++i)
    if (counts[i] > counts[best]) best = i;
  return candidates[best];
}

}  // namespace penchant
