#include "recommend/catalogue.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <queue>

#include "math/kernels.h"

namespace penchant {
namespace {

constexpr uint64_t category_seed = 1;
constexpr uint64_t keyword_seed = 2;

bool is_zero(std::span<const float> v) {
  return std::all_of(v.begin(), v.end(), [](float x) { return x == 0; });
}

// Keys under which an item counts, each once.
std::vector<uint64_t> count_keys(const CatalogueItem& item) {
  std::vector<uint64_t> keys;
  if (item.absent) return keys;
  for (const std::string& category : item.categories) {
    keys.push_back(hash_text(category, category_seed));
  }
  for (const auto& [keyword, weight] : item.keywords) {
    keys.push_back(hash_text(keyword, keyword_seed));
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

}  // namespace

bool has_word(std::string_view words, std::string_view folded) {
  std::string wanted;
  wanted.reserve(folded.size() + 2);
  wanted += '\n';
  wanted += folded;
  wanted += '\n';
  return words.find(wanted) != std::string_view::npos;
}

std::string pack_words(std::span<const std::string> folded) {
  std::vector<std::string_view> sorted(folded.begin(), folded.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  std::string words(1, '\n');
  for (const std::string_view word : sorted) {
    words += word;
    words += '\n';
  }
  return words;
}

std::vector<std::string_view> label_texts(const json::object& labels) {
  std::vector<std::string_view> texts;
  const auto add = [&](const json::value& value) {
    if (!value.is_string()) return;
    const std::string_view text = value.get_string();
    if (text.find("://") == text.npos) texts.push_back(text);  // addresses are no words
  };
  for (const auto& [name, value] : labels) {
    add(value);
    if (!value.is_array()) continue;
    for (const json::value& entry : value.get_array()) add(entry);
  }
  return texts;
}

bool is_written(const CatalogueItem& item, std::string_view text) {
  const auto has = [text](std::string_view place) { return place.find(text) != place.npos; };
  const std::vector<std::string_view> labels = label_texts(item.labels);
  return has(item.title) || std::any_of(item.categories.begin(), item.categories.end(), has) ||
         std::any_of(labels.begin(), labels.end(), has);
}

Catalogue::Catalogue(size_t dimensions, std::shared_ptr<const Matrix> ordinary)
    : index_(dimensions),
      ordinary_(ordinary != nullptr ? std::move(ordinary) : std::make_shared<const Matrix>()),
      centre_(std::make_shared<const std::vector<float>>(dimensions)),
      live_(std::make_shared<const std::vector<uint8_t>>()),
      expiring_(std::make_shared<const std::vector<std::pair<Seconds, uint32_t>>>()) {}

std::optional<uint32_t> Catalogue::find(std::string_view id) const {
  for (uint64_t key = hash_text(id);; ++key) {
    const std::optional<uint32_t> row = ids_.find(key);
    if (!row || item(*row).id == id) return row;
  }
}

const CatalogueItem& Catalogue::item(uint32_t row) const {
  CHECK(row < rows_, "row beyond the catalogue");
  return *chunks_[row / chunk_rows]->items[row % chunk_rows];
}

Seconds Catalogue::time(uint32_t row) const {
  CHECK(row < rows_, "row exists");
  return chunks_[row / chunk_rows]->times[row % chunk_rows];
}

Catalogue Catalogue::with(std::span<const CatalogueChange> changes) const {
  Catalogue out = *this;
  const std::vector<Placed> placed = out.place(changes);
  out.set_items(placed);
  out.set_vectors(placed);
  return out;
}

// Gives every id of the changes its row; of several changes of one id the last counts.
std::vector<Catalogue::Placed> Catalogue::place(std::span<const CatalogueChange> changes) {
  std::vector<Placed> placed;
  std::vector<ShardedMap::Entry> fresh_ids;
  std::unordered_map<std::string_view, size_t> places;
  std::unordered_map<uint64_t, uint32_t> fresh_keys;
  for (const CatalogueChange& change : changes) {
    const std::string_view id = change.item.id;
    const auto [it, fresh] = places.emplace(id, placed.size());
    if (!fresh) {
      placed[it->second].change = &change;
      continue;
    }
    std::optional<uint32_t> row = find(id);
    if (!row) {
      row = static_cast<uint32_t>(rows_++);
      uint64_t key = hash_text(id);
      while (ids_.find(key) || fresh_keys.contains(key)) ++key;
      fresh_keys.emplace(key, *row);
      fresh_ids.emplace_back(key, *row);
    }
    placed.push_back({*row, &change});
  }
  ids_ = ids_.with(std::move(fresh_ids));
  return placed;
}

void Catalogue::set_items(std::span<const Placed> placed) {
  auto live = std::make_shared<std::vector<uint8_t>>(*live_);
  live->resize(rows_);
  chunks_.resize((rows_ + chunk_rows - 1) / chunk_rows);
  std::unordered_map<size_t, std::shared_ptr<Chunk>> owned;  // copied in this call
  std::unordered_map<uint64_t, int64_t> counts;
  std::unordered_map<uint32_t, std::optional<Seconds>> expiries;  // of rows where they matter
  for (const Placed& p : placed) {
    const size_t number = p.row / chunk_rows, at = p.row % chunk_rows;
    std::shared_ptr<Chunk>& chunk = owned[number];
    if (chunk == nullptr) {
      chunk = chunks_[number] != nullptr ? std::make_shared<Chunk>(*chunks_[number])
                                         : std::make_shared<Chunk>();
      chunks_[number] = chunk;
    }
    if (chunk->items.size() <= at) chunk->items.resize(at + 1), chunk->times.resize(at + 1);

    const CatalogueItem& item = p.change->item;
    if (const auto& old = chunk->items[at]; old != nullptr) {
      for (const uint64_t key : count_keys(*old)) --counts[key];
      items_ -= old->absent ? 0 : 1;
      if (old->expires) expiries[p.row] = std::nullopt;
    }
    for (const uint64_t key : count_keys(item)) ++counts[key];
    items_ += item.absent ? 0 : 1;
    if (item.expires && !item.absent) expiries[p.row] = item.expires;
    chunk->times[at] = item.time.value_or(no_time);
    chunk->newest = std::max(chunk->newest, chunk->times[at]);
    (*live)[p.row] = item.hidden || item.absent ? 0 : 1;
    chunk->items[at] = std::make_shared<const CatalogueItem>(item);
  }
  live_ = std::move(live);
  set_counts(counts);
  if (!expiries.empty()) set_expiring(expiries);
}

void Catalogue::set_counts(const std::unordered_map<uint64_t, int64_t>& differences) {
  std::vector<ShardedMap::Entry> counts;
  counts.reserve(differences.size());
  for (const auto& [key, difference] : differences) {
    const int64_t count = static_cast<int64_t>(counts_.find(key).value_or(0)) + difference;
    if (difference != 0) counts.emplace_back(key, static_cast<uint32_t>(count));
  }
  counts_ = counts_.with(std::move(counts));
}

void Catalogue::set_expiring(const std::unordered_map<uint32_t, std::optional<Seconds>>& expiries) {
  auto expiring = std::make_shared<std::vector<std::pair<Seconds, uint32_t>>>();
  for (const auto& entry : *expiring_) {
    if (!expiries.contains(entry.second)) expiring->push_back(entry);
  }
  for (const auto& [row, time] : expiries) {
    if (time) expiring->emplace_back(*time, row);
  }
  std::sort(expiring->begin(), expiring->end());
  expiring_ = std::move(expiring);
}

void Catalogue::set_vectors(std::span<const Placed> placed) {
  size_t dimensions = index_.dimensions();
  for (const Placed& p : placed) {
    if (dimensions == 0) dimensions = p.change->vector.size();
  }
  if (dimensions == 0) return;
  if (index_.dimensions() == 0) index_ = ExactIndex(dimensions);

  const std::vector<float> none(dimensions);
  std::vector<uint32_t> rows;
  std::vector<std::span<const float>> vectors;
  for (const Placed& p : placed) {
    const bool has = !p.change->item.absent && p.change->vector.size() == dimensions;
    const bool had = p.row < index_.rows() && !is_zero(index_.row(p.row));
    vectors_ += (has ? 1 : 0) - (had ? 1 : 0);
    rows.push_back(p.row);
    vectors.push_back(has ? std::span<const float>(p.change->vector) : std::span(none));
  }
  index_ = index_.with(rows, vectors);
  if (vectors_ >= 2 * centre_vectors_ && vectors_ > 0) {
    centre_ = std::make_shared<const std::vector<float>>(mean());
    centre_vectors_ = vectors_;
    ++centre_version_;
  }
}

double Catalogue::ordinary_weight() const {
  if (ordinary_->rows == 0 || ordinary_->cols != index_.dimensions()) return 0;
  return std::max(0.0, 1 - static_cast<double>(vectors_) / ordinary_until);
}

std::vector<float> Catalogue::mean() const {
  std::vector<float> out(index_.mean().begin(), index_.mean().end());
  const double weight = ordinary_weight();
  if (weight == 0) return out;
  const double items = static_cast<double>(vectors_);
  const double all = items + weight * static_cast<double>(ordinary_->rows);
  scale(static_cast<float>(items / all), out);
  for (size_t i = 0; i < ordinary_->rows; ++i) {
    axpy(static_cast<float>(weight / all), ordinary_->row(i), out);
  }
  return out;
}

std::span<const float> Catalogue::vector(uint32_t row) const {
  return row < index_.rows() ? index_.row(row) : std::span<const float>();
}

std::vector<float> Catalogue::direction(uint32_t row) const {
  const std::span<const float> v = vector(row);
  std::vector<float> out(v.begin(), v.end());
  if (is_zero(v)) return out;
  // One vector alone has no centre to speak of.
  if (vectors_ > 1 || ordinary_weight() > 0) axpy(-1, *centre_, out);
  normalise(out);
  return out;
}

std::vector<uint32_t> Catalogue::newest(size_t k, Seconds now,
                                        std::span<const uint8_t> allowed) const {
  std::vector<uint32_t> order(chunks_.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return chunks_[a]->newest > chunks_[b]->newest; });
  using Timed = std::pair<Seconds, uint32_t>;  // negated time and row: the smallest is the newest
  std::priority_queue<Timed> best;
  for (const uint32_t number : order) {
    const Chunk& chunk = *chunks_[number];
    if (best.size() == k && (k == 0 || -chunk.newest > best.top().first)) break;
    for (size_t at = 0; at < chunk.times.size(); ++at) {
      const Seconds time = chunk.times[at];
      if (time > now || time == no_time) continue;
      if (best.size() == k && -time > best.top().first) continue;
      const auto row = static_cast<uint32_t>(number * chunk_rows + at);
      if ((*live_)[row] == 0 || (!allowed.empty() && allowed[row] == 0)) continue;
      best.emplace(-time, row);
      if (best.size() > k) best.pop();
    }
  }
  std::vector<uint32_t> rows(best.size());
  for (size_t i = rows.size(); i-- > 0; best.pop()) rows[i] = best.top().second;
  return rows;
}

size_t Catalogue::category_items(std::string_view category) const {
  return counts_.find(hash_text(category, category_seed)).value_or(0);
}

size_t Catalogue::keyword_items(std::string_view keyword) const {
  return counts_.find(hash_text(keyword, keyword_seed)).value_or(0);
}

}  // namespace penchant
