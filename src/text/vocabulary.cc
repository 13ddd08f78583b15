#include "text/vocabulary.h"

#include <fmt/format.h>

#include <utility>

#include "base/limits.h"

namespace penchant {

Result<> Vocabulary::Builder::add(std::string_view token, uint32_t id) {
  if (token.size() > limits::token_bytes)
    return too_large(
        fmt::format("token {} has {} bytes, more than {}", id, token.size(), limits::token_bytes));
  if (id >= limits::vocabulary_ids)
    return too_large(
        fmt::format("token \"{}\" has the id {}, not below {}", token, id, limits::vocabulary_ids));
  if (id >= is_taken_.size()) {
    is_taken_.resize(id + 1);
    vocabulary_.places_.resize(id + 1);
  }
  if (is_taken_[id])
    return invalid(fmt::format("tokens \"{}\" and \"{}\" have the same id {}",
                               vocabulary_.token(static_cast<int32_t>(id)), token, id));
  is_taken_[id] = true;
  vocabulary_.places_[id] = {static_cast<uint32_t>(vocabulary_.texts_.size()),
                             static_cast<uint32_t>(token.size())};
  vocabulary_.texts_.append(token);
  ids_.push_back(id);
  return {};
}

Vocabulary Vocabulary::Builder::build() && {
  std::vector<ByteTrie::Entry> entries;
  entries.reserve(ids_.size());
  for (const uint32_t id : ids_) {
    const auto value = static_cast<int32_t>(id);
    entries.push_back({vocabulary_.token(value), value});
  }
  vocabulary_.trie_ = ByteTrie(entries);
  vocabulary_.count_ = ids_.size();
  return std::move(vocabulary_);
}

}  // namespace penchant
