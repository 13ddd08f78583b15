#include "engine/terms.h"

#include <algorithm>

#include "text/words.h"

namespace penchant {

namespace {

template <class Visit>
void for_each_term(std::string_view text, Visit visit) {
  for (const Word& word : split_words(text)) {
    const std::string_view written = text.substr(word.begin, word.end - word.begin);
    const std::string folded = fold(written);
    if (!is_stop_word(folded)) visit(written, stem(folded));
  }
}

}  // namespace

std::vector<std::string> terms(std::string_view text) {
  std::vector<std::string> list;
  for_each_term(text, [&](std::string_view, std::string term) { list.push_back(std::move(term)); });
  return list;
}

std::vector<QueryWord> query_words(std::string_view text) {
  std::vector<QueryWord> list;
  for_each_term(text, [&](std::string_view written, std::string term) {
    const bool known =
        std::any_of(list.begin(), list.end(), [&](const QueryWord& w) { return w.folded == term; });
    if (!known) list.push_back({std::string(written), std::move(term)});
  });
  return list;
}

}  // namespace penchant
