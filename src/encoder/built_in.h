// The static model inside the program: Chinese and English, distilled from multilingual-e5-small
// (docs/models/static-zh-en.md), there on every machine without a download. It has a path like any
// model, but not a file's: "built-in:static-zh-en".
// Thread-safety: functions; safe.
#pragma once

#include <string_view>

#include "base/files.h"
#include "base/result.h"
#include "encoder/model2vec.h"

namespace penchant {

inline constexpr std::string_view built_in_model = "static-zh-en";

Path built_in_path();
bool is_built_in(const Path& path);

// Contents of its files among the assets.
std::string_view built_in_card();  // JSON: description, languages, licence, dimensions
std::string_view built_in_tokenizer();
std::string_view built_in_vectors();

Result<Model2Vec> read_built_in();

}  // namespace penchant
