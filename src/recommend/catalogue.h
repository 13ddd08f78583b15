// Everything an answer needs to know about the items of one tenant: an immutable snapshot, of which
// `with` makes a changed one that shares what did not change (chunks of 1,024 items). A row number
// belongs to one id for ever; a deleted item leaves its row empty.
// The engine swaps `shared_ptr<const Catalogue>` atomically. Thread-safety: immutable.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "index/exact.h"
#include "math/matrix.h"
#include "recommend/shards.h"

namespace penchant {

struct CatalogueItem {
  std::string id;
  std::string title;
  std::vector<std::string> categories;
  json::object labels;
  std::optional<Seconds> time;
  std::optional<Seconds> expires;
  bool hidden = false;
  bool absent = false;  // deleted, or known only from events: no answer contains it
  std::vector<std::pair<std::string, float>> keywords;  // as written, weight in (0, 1]
  std::string title_words;  // folded and stemmed words of title and categories, by pack_words
  std::string words;        // of everything there is to read: these, the text, texts among labels
};

// A set of words as one string, "\nword\nword\n", and the question whether a word is in it.
std::string pack_words(std::span<const std::string> folded);  // in any order, repeats allowed
bool has_word(std::string_view words, std::string_view folded);

// The texts among the labels (authors, cast, brand, ...): one can search for them.
std::vector<std::string_view> label_texts(const json::object& labels);
// Whether title, categories or labels contain these very characters.
bool is_written(const CatalogueItem& item, std::string_view text);

struct CatalogueChange {
  CatalogueItem item;         // replaces the item of that id, or adds it
  std::vector<float> vector;  // L2-normalised, or empty
};

class Catalogue {
 public:
  // `ordinary`: vectors of everyday texts (may be null). A catalogue of a few items cannot tell
  // what is ordinary: half of four books may be about planets. So these count beside its items,
  // less and less as it grows, and no more from `ordinary_until` items on.
  explicit Catalogue(size_t dimensions = 0, std::shared_ptr<const Matrix> ordinary = nullptr);
  static constexpr size_t ordinary_until = 100;

  // Dimensions 0 take those of the first vector; vectors of another length are left out. Within one
  // call the last change of an id counts.
  Catalogue with(std::span<const CatalogueChange> changes) const;

  size_t rows() const { return rows_; }    // absent ones included
  size_t items() const { return items_; }  // present ones, hidden and expired included
  std::optional<uint32_t> find(std::string_view id) const;
  const CatalogueItem& item(uint32_t row) const;
  Seconds time(uint32_t row) const;                   // the item's; minus infinity: none
  std::span<const float> vector(uint32_t row) const;  // zero or empty: none

  const ExactIndex& index() const { return index_; }

  // The everyday texts' vectors and what each counts against one item's; none: 0.
  const Matrix& ordinary() const { return *ordinary_; }
  double ordinary_weight() const;

  // The origin of directions: the mean vector (everyday texts included), kept as it was until the
  // number of vectors has doubled, so that what is computed with it stays comparable;
  // `centre_version` counts its changes.
  std::span<const float> centre() const { return *centre_; }
  uint32_t centre_version() const { return centre_version_; }
  std::vector<float> direction(uint32_t row) const;  // normalised (vector - centre); zero if none

  // One byte a row: 1 unless hidden or absent (expiry depends on the time and is the gate's).
  std::span<const uint8_t> live() const { return *live_; }
  std::span<const std::pair<Seconds, uint32_t>> expiring() const { return *expiring_; }  // by time

  // The k newest live rows with allowed[row] != 0 (empty: all), newest first, ties by lower row;
  // items without a time are never among them.
  std::vector<uint32_t> newest(size_t k, Seconds now, std::span<const uint8_t> allowed) const;

  // In how many present items a category or keyword (compared as written) occurs.
  size_t category_items(std::string_view category) const;
  size_t keyword_items(std::string_view keyword) const;

 private:
  static constexpr size_t chunk_rows = 1024;
  static constexpr Seconds no_time = -std::numeric_limits<Seconds>::infinity();
  struct Chunk {
    std::vector<std::shared_ptr<const CatalogueItem>> items;
    std::vector<Seconds> times;  // of the items, side by side: read for every row of an answer
    Seconds newest = no_time;    // no time in it is later
  };
  struct Placed {  // a change and the row it goes to
    uint32_t row;
    const CatalogueChange* change;
  };
  std::vector<Placed> place(std::span<const CatalogueChange> changes);
  void set_items(std::span<const Placed> placed);
  void set_counts(const std::unordered_map<uint64_t, int64_t>& differences);
  void set_expiring(const std::unordered_map<uint32_t, std::optional<Seconds>>& expiries);
  void set_vectors(std::span<const Placed> placed);
  std::vector<float> mean() const;  // of items and everyday texts

  std::vector<std::shared_ptr<const Chunk>> chunks_;
  size_t rows_ = 0;
  size_t items_ = 0;
  ShardedMap ids_;     // hash of id -> row, collisions at hash + 1
  ShardedMap counts_;  // hash of category or keyword -> items
  ExactIndex index_;
  std::shared_ptr<const Matrix> ordinary_;
  size_t vectors_ = 0;
  std::shared_ptr<const std::vector<float>> centre_;
  uint32_t centre_version_ = 0;
  size_t centre_vectors_ = 0;
  std::shared_ptr<const std::vector<uint8_t>> live_;
  std::shared_ptr<const std::vector<std::pair<Seconds, uint32_t>>> expiring_;
};

}  // namespace penchant
