// The small language of `filter=`: comparisons over an item's fields and labels, joined by and, or,
// not and parentheses.
//
//   price < 20 and brand = "OPI" and not category in ("Nails", "Tools") and time >= "2024-01-01"
//
// `category`, `id`, `title`, `time`, `keyword` are the item's own; any other name is a label
// (`label.time` reaches a label of a reserved name). A list matches when one of its members does. A
// missing label makes every comparison false, `exists(name)` asks for it. Grammar: docs/FORMATS.md.
// Thread-safety: immutable.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"

namespace penchant {

struct CatalogueItem;

class Filter {
 public:
  struct Node;

  // An error names what was expected and the byte at which it was missing. The empty text (or only
  // white space) matches everything.
  static Result<Filter> parse(std::string_view text);

  bool matches(const CatalogueItem& item) const;
  bool empty() const { return root_ == nullptr; }

 private:
  std::shared_ptr<const Node> root_;
};

}  // namespace penchant
