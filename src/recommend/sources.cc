#include "recommend/sources.h"

#include <algorithm>
#include <cmath>

#include "base/threads.h"
#include "index/inverted.h"
#include "math/kernels.h"

namespace penchant {
namespace {

constexpr size_t dense_rows = 20'000;   // up to here every row is a candidate
constexpr size_t depth_total = 2'000;   // shared by the directions
constexpr size_t depth_source = 1'000;  // of every other source
constexpr size_t tile_rows = 1'024;     // scored by one thread at a time
constexpr size_t sample_rows = 512;     // for mean and deviation of a direction's scores
constexpr float usual_best = 4;         // deviations above the mean
constexpr double dislike_most = 0.5;    // of what speaks for an item, dislikes take at most this
constexpr Seconds latest_half_life = 30 * day_seconds;

std::vector<std::string> folded(std::span<const QueryWord> words) {
  std::vector<std::string> out;
  out.reserve(words.size());
  for (const QueryWord& word : words) out.push_back(word.folded);
  return out;
}

// Mean and deviation of a query's inner products, over rows spread evenly through the catalogue and
// the everyday texts beside them.
struct Spread {
  float mean = 0;
  float deviation = 0;
};
Spread spread_of(const Catalogue& catalogue, std::span<const float> query) {
  const ExactIndex& index = catalogue.index();
  const size_t step = std::max<size_t>(1, index.rows() / sample_rows);
  double sum = 0, squares = 0, count = 0;
  const auto add = [&](double s, double weight) {
    sum += weight * s, squares += weight * s * s, count += weight;
  };
  for (size_t row = 0; row < index.rows(); row += step) {
    const std::span<const float> v = index.row(row);
    if (dot(v, v) == 0) continue;
    add(dot(query, v), 1);
  }
  if (const double weight = catalogue.ordinary_weight(); weight > 0) {
    const Matrix& ordinary = catalogue.ordinary();
    for (size_t i = 0; i < ordinary.rows; ++i) add(dot(query, ordinary.row(i)), weight);
  }
  if (count == 0) return {};
  const double mean = sum / count;
  const double variance = squares / count - mean * mean;
  return {static_cast<float>(mean), static_cast<float>(std::sqrt(std::max(0.0, variance)))};
}

void add_hits(std::vector<uint32_t>& rows, std::span<const Hit> hits) {
  for (const Hit& hit : hits) rows.push_back(hit.row);
}

// The first `depth` allowed ones of an ordered list.
void add_allowed(std::vector<uint32_t>& rows, std::span<const uint32_t> order,
                 std::span<const uint8_t> allowed, size_t depth) {
  for (const uint32_t row : order) {
    if (depth == 0) break;
    if (row >= allowed.size() || allowed[row] == 0) continue;
    rows.push_back(row);
    --depth;
  }
}

void add_directions(std::vector<uint32_t>& rows, const World& world, const Taste& taste,
                    std::span<const uint8_t> allowed) {
  std::vector<float> queries;
  size_t count = 0;
  for (const Taste::Direction& d : taste.directions) {
    if (d.kind == Kind::dislike) continue;
    queries.insert(queries.end(), d.query.begin(), d.query.end());
    ++count;
  }
  if (count == 0 || world.catalogue.index().rows() == 0) return;
  const size_t depth = std::max<size_t>(depth_total / count, 200);
  const auto visible = allowed.first(world.catalogue.index().rows());
  for (const auto& hits : world.catalogue.index().search(queries, depth, visible, world.pool)) {
    add_hits(rows, hits);
  }
}

void add_history(std::vector<uint32_t>& rows, const World& world, const Taste& taste,
                 std::span<const uint8_t> allowed) {
  std::vector<RowScore> scores = world.behaviour.item_knn().scores(taste.history);
  std::erase_if(scores,
                [&](const RowScore& s) { return s.row >= allowed.size() || allowed[s.row] == 0; });
  const size_t keep = std::min(scores.size(), depth_source);
  std::partial_sort(scores.begin(), scores.begin() + static_cast<ptrdiff_t>(keep), scores.end(),
                    [](const RowScore& a, const RowScore& b) {
                      return a.score != b.score ? a.score > b.score : a.row < b.row;
                    });
  for (size_t i = 0; i < keep; ++i) rows.push_back(scores[i].row);
}

}  // namespace

std::vector<uint32_t> propose(const World& world, const Taste& taste,
                              std::span<const uint8_t> allowed) {
  std::vector<uint32_t> rows;
  if (allowed.size() <= dense_rows) {
    for (uint32_t row = 0; row < allowed.size(); ++row) {
      if (allowed[row] != 0) rows.push_back(row);
    }
    return rows;
  }
  add_directions(rows, world, taste, allowed);
  add_history(rows, world, taste, allowed);
  if (world.words != nullptr) {
    for (const Taste::Phrase& p : taste.phrases) {
      add_hits(rows, world.words->search(folded(p.words), depth_source, allowed));
    }
  }
  add_allowed(rows, world.behaviour.by_popularity(), allowed, depth_source);
  add_allowed(rows, world.behaviour.by_trend(), allowed, depth_source);
  const std::vector<uint32_t> newest = world.catalogue.newest(depth_source, world.now, allowed);
  rows.insert(rows.end(), newest.begin(), newest.end());
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

namespace {

// values[direction][row of rows]. Rows outside, directions inside, so that a vector comes from
// memory once for all of them; tiles of rows may run on several threads.
std::vector<std::vector<float>> direction_values(const World& world,
                                                 std::span<const Taste::Direction> directions,
                                                 std::span<const Spread> spreads,
                                                 std::span<const uint32_t> rows) {
  const ExactIndex& index = world.catalogue.index();
  std::vector<std::vector<float>> values(directions.size(), std::vector<float>(rows.size()));
  const auto score_tile = [&](size_t tile, int) {
    for (size_t i = tile * tile_rows; i < std::min(rows.size(), (tile + 1) * tile_rows); ++i) {
      if (rows[i] >= index.rows()) continue;
      const std::span<const float> v = index.row(rows[i]);
      for (size_t d = 0; d < directions.size(); ++d) {
        if (!(spreads[d].deviation > 0)) continue;
        const float cosine = dot(directions[d].query, v);
        const float yardstick = 1 / (usual_best * spreads[d].deviation);
        if (cosine != 0) values[d][i] = std::max(0.0f, (cosine - spreads[d].mean) * yardstick);
      }
    }
  };
  const size_t tiles = directions.empty() ? 0 : (rows.size() + tile_rows - 1) / tile_rows;
  if (world.pool != nullptr && tiles > 1) {
    world.pool->parallel_for(tiles, score_tile);
  } else {
    for (size_t tile = 0; tile < tiles; ++tile) score_tile(tile, 0);
  }
  return values;
}

std::vector<float> history_values(const World& world, const Taste& taste,
                                  std::span<const uint32_t> rows) {
  std::vector<float> values(rows.size());
  const std::vector<RowScore> scores = world.behaviour.item_knn().scores(taste.history);
  size_t s = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    while (s < scores.size() && scores[s].row < rows[i]) ++s;
    if (s < scores.size() && scores[s].row == rows[i]) {
      const auto value = static_cast<float>(scores[s].score / taste.history_scale);
      values[i] = value <= 1 ? value : 1 + std::log(value);
    }
  }
  return values;
}

std::vector<float> phrase_values(const World& world, const Taste::Phrase& phrase,
                                 std::span<const uint32_t> rows) {
  std::vector<float> values(rows.size());
  double all = 0;
  std::vector<double> idf;
  for (const QueryWord& word : phrase.words) {
    idf.push_back(world.words->inverse_document_frequency(word.folded));
    all += idf.back();
  }
  if (all <= 0) return values;
  for (size_t i = 0; i < rows.size(); ++i) {
    const CatalogueItem& item = world.catalogue.item(rows[i]);
    double found = 0;
    for (size_t w = 0; w < idf.size(); ++w) {
      if (!has_word(item.words, phrase.words[w].folded)) continue;
      found += has_word(item.title_words, phrase.words[w].folded) ? idf[w] : 0.5 * idf[w];
    }
    values[i] = static_cast<float>(found / all);
  }
  return values;
}

// values[row of rows] = map(source value of the row); rows the source does not know get 0.
template <class Map>
std::vector<float> mapped(std::span<const float> source, std::span<const uint32_t> rows, Map map) {
  std::vector<float> values(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] < source.size()) values[i] = map(source[rows[i]]);
  }
  return values;
}

float tenth(std::span<const uint32_t> order, std::span<const float> values) {
  return order.empty() ? 0 : values[order[std::min<size_t>(9, order.size() - 1)]];
}

std::vector<float> popular_values(const World& world, std::span<const uint32_t> rows) {
  const std::vector<float>& popularity = world.behaviour.popularity().all_time;
  const float scale = tenth(world.behaviour.by_popularity(), popularity);
  return mapped(popularity, rows,
                [scale](float p) { return scale > 0 ? std::sqrt(std::min(p / scale, 1.5f)) : 0; });
}

std::vector<float> trending_values(const World& world, std::span<const uint32_t> rows) {
  const std::vector<float>& trend = world.behaviour.popularity().trending;
  const float scale = std::max(3.0f, tenth(world.behaviour.by_trend(), trend));
  return mapped(trend, rows, [scale](float t) { return std::min(t / scale, 1.5f); });
}

std::vector<float> latest_values(const World& world, std::span<const uint32_t> rows) {
  std::vector<float> values(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    const Seconds time = world.catalogue.time(rows[i]);  // minus infinity gives 0
    if (time > world.now) continue;
    values[i] = static_cast<float>(std::exp2((time - world.now) / latest_half_life));
  }
  return values;
}

void add_signal(Candidates& out, Kind kind, size_t which, double weight, std::vector<float> values,
                float mean = 0) {
  bool any = false;
  for (float& v : values) {
    v = static_cast<float>(v * weight);
    any = any || v != 0;
  }
  if (any) out.signals.push_back({kind, which, std::move(values), mean});
}

// Dislikes together take at most a share of what speaks for an item, so that one of them cannot
// bury a whole genre.
void bound_dislikes(Candidates& candidates) {
  for (size_t i = 0; i < candidates.rows.size(); ++i) {
    double speaks_for = 0, against = 0;
    for (const Signal& s : candidates.signals) {
      (s.kind == Kind::dislike ? against : speaks_for) += s.contributions[i];
    }
    if (-against <= dislike_most * speaks_for) continue;
    const double factor = dislike_most * speaks_for / -against;
    for (Signal& s : candidates.signals) {
      if (s.kind == Kind::dislike) {
        s.contributions[i] = static_cast<float>(s.contributions[i] * factor);
      }
    }
  }
}

// Of several wishes in words, an item answers the one it fits best: who asks for cartoons and for
// space travel wants some of each, not what lies half way between.
void keep_best_declared(Candidates& candidates) {
  for (size_t i = 0; i < candidates.rows.size(); ++i) {
    float best = 0;
    for (const Signal& s : candidates.signals) {
      if (s.kind == Kind::declared) best = std::max(best, s.contributions[i]);
    }
    for (Signal& s : candidates.signals) {
      if (s.kind == Kind::declared && s.contributions[i] < best) s.contributions[i] = 0;
    }
  }
}

}  // namespace

Candidates score(const World& world, const Taste& taste, std::vector<uint32_t> rows) {
  Candidates out;
  out.rows = std::move(rows);
  std::vector<Spread> spreads;
  for (const Taste::Direction& d : taste.directions) {
    spreads.push_back(spread_of(world.catalogue, d.query));
  }
  auto by_direction = direction_values(world, taste.directions, spreads, out.rows);
  for (size_t i = 0; i < by_direction.size(); ++i) {
    const Taste::Direction& d = taste.directions[i];
    add_signal(out, d.kind, d.which, d.kind == Kind::dislike ? -d.weight : d.weight,
               std::move(by_direction[i]), spreads[i].mean);
  }
  if (taste.history_weight > 0) {
    add_signal(out, Kind::item, 0, taste.history_weight, history_values(world, taste, out.rows));
  }
  if (world.words != nullptr) {
    for (const Taste::Phrase& p : taste.phrases) {
      add_signal(out, Kind::words, p.which, p.weight, phrase_values(world, p, out.rows));
    }
  }
  if (taste.popular_weight > 0) {
    add_signal(out, Kind::popular, 0, taste.popular_weight, popular_values(world, out.rows));
  }
  if (taste.trending_weight > 0) {
    add_signal(out, Kind::trending, 0, taste.trending_weight, trending_values(world, out.rows));
  }
  if (taste.latest_weight > 0) {
    add_signal(out, Kind::latest, 0, taste.latest_weight, latest_values(world, out.rows));
  }
  keep_best_declared(out);
  bound_dislikes(out);
  out.scores.resize(out.rows.size());
  for (const Signal& s : out.signals) {
    for (size_t i = 0; i < out.scores.size(); ++i) out.scores[i] += s.contributions[i];
  }
  return out;
}

}  // namespace penchant
