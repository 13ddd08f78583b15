// The names other systems give to our fields: "movieId", "reviewerID", "ITEM_ID", "unixReviewTime".
// Names are compared without case, spaces, dots, dashes and underscores.
// Thread-safety: functions on constants.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/import.h"

namespace penchant {

struct FieldNames {
  std::string_view field;                   // ours
  std::span<const std::string_view> names;  // the best first; ours is among them
};

// The fields of a record that have other names, in the order they take theirs.
std::span<const FieldNames> field_names(RecordKind kind);

std::string fold_name(std::string_view name);

// What a record with these (folded) names can only be; none when they do not tell.
std::optional<RecordKind> kind_of_names(std::span<const std::string> folded);

// "items.jsonl.gz", "shop-users.csv", "events": the kind a file's name tells.
std::optional<RecordKind> kind_of_file_name(std::string_view name);

// "items", "users", "events" and their singulars.
std::optional<RecordKind> parse_kind(std::string_view name);

}  // namespace penchant
