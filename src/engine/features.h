// What an item's text gives: its vector and its keywords, and the hash that says whether what is
// stored is still right.
// Thread-safety: functions; compute_features uses the encoder's threads.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace penchant {

class Encoder;
class KeywordStatistics;

// The text an item is understood by: title, categories, body.
std::string understood_text(const Item& item);

// The part of it that names the item: title and categories.
std::string title_text(const Item& item);

// Hash of that text (or of the caller's own vector), of the encoder's name and of the version of
// keyword mining: equal hashes mean that stored features are still right. `encoder_name` is empty
// without an encoder.
std::string feature_source(const Item& item, std::string_view encoder_name);

// One per item. Without an encoder the vectors are the callers' own or empty. An own vector whose
// length is not the encoder's is an error naming the item.
Result<std::vector<ItemFeatures>> compute_features(std::span<const Item> items, Encoder* encoder,
                                                   const KeywordStatistics& statistics);

}  // namespace penchant
