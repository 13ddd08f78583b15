// Which words of a text are those of a phrase: the visible part of a similarity.
// Thread-safety: functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace penchant {

// Words and runs of words of `text`, as written there, that `phrase` has too: equal when folded and
// stemmed, or the longest common runs of Han characters (two at least). A phrase of one Han
// character is found as a word, or as the object of a verb: "tea" in "drink tea", but not the
// "book" that ends the word for "secretary". In the order of the text, each once, function words
// left out.
std::vector<std::string> matched_words(std::string_view text, std::string_view phrase);

}  // namespace penchant
