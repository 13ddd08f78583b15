#include "eval/eval.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/threads.h"
#include "math/top_k.h"
#include "recommend/pipeline.h"

namespace penchant {
namespace {

constexpr std::string_view model_names[] = {"popularity", "item-knn", "semantic", "blend"};

// What all cases of one run share.
struct Bench {
  const Catalogue& catalogue;
  const EvalOptions& options;
  ItemKnn item_knn;            // of the model of that name
  Behaviour behaviour;         // of the rest
  std::vector<uint32_t> rows;  // of the catalogue, those that may be shown
};

void popularity_scores(const Bench& bench, std::span<double> scores) {
  const std::vector<float>& popularity = bench.behaviour.popularity().all_time;
  std::copy(popularity.begin(), popularity.end(), scores.begin());
}

void item_knn_scores(const Bench& bench, const Case& one, std::span<double> scores) {
  std::vector<Preference> history;
  for (const UserEvent& e : one.history) {
    if (e.strength > 0) history.push_back({e.row, static_cast<float>(e.strength)});
  }
  for (const RowScore& s : bench.item_knn.scores(history)) scores[s.row] = s.score;
}

// By the product's own pipeline, with the weights given.
void pipeline_scores(const Bench& bench, const Case& one, const Weights& weights,
                     std::span<double> scores) {
  const UserState user(bench.catalogue, one.history);
  const World world{bench.catalogue, bench.behaviour, nullptr, one.time, nullptr};
  const std::vector<double> values = scores_of(world, &user, weights, bench.rows);
  for (size_t i = 0; i < values.size(); ++i) scores[bench.rows[i]] = values[i];
}

Weights semantic_only(Weights weights) {
  weights.item = weights.popular = weights.trending = weights.latest = 0;
  return weights;
}

std::vector<double> case_scores(const Bench& bench, std::string_view model, const Case& one) {
  std::vector<double> scores(bench.catalogue.rows());
  if (model == "popularity") popularity_scores(bench, scores);
  if (model == "item-knn") item_knn_scores(bench, one, scores);
  if (model == "semantic") {
    pipeline_scores(bench, one, semantic_only(bench.options.weights), scores);
  }
  if (model == "blend") pipeline_scores(bench, one, bench.options.weights, scores);
  return scores;
}

struct Ranked {
  uint32_t rank = 0;
  std::vector<uint32_t> top;  // the first rows of the list
};

Ranked rank(const Bench& bench, const Case& one, std::span<const double> scores, size_t top) {
  std::vector<uint8_t> shown(scores.size(), 0);
  for (const uint32_t row : bench.rows) shown[row] = 1;
  if (bench.options.hide_history) {
    for (const UserEvent& e : one.history) shown[e.row] = 0;
  }
  Ranked out;
  out.rank = static_cast<uint32_t>(scores.size() + 1);
  const double mine = scores[one.answer];
  if (shown[one.answer] != 0) {
    out.rank = 1;
    for (uint32_t row = 0; row < scores.size(); ++row) {
      if (shown[row] == 0) continue;
      if (scores[row] > mine || (scores[row] == mine && row < one.answer)) ++out.rank;
    }
  }
  std::vector<uint32_t> order;
  for (const uint32_t row : bench.rows) {
    if (shown[row] != 0) order.push_back(row);
  }
  const size_t keep = std::min(top, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(keep), order.end(),
                    [&](uint32_t a, uint32_t b) {
                      return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
                    });
  out.top.assign(order.begin(), order.begin() + static_cast<ptrdiff_t>(keep));
  return out;
}

// The share of the catalogue that is among anybody's first k.
Metric coverage(const Bench& bench, std::span<const Ranked> ranked, size_t k) {
  std::vector<uint8_t> met(bench.catalogue.rows());
  for (const Ranked& r : ranked) {
    for (size_t i = 0; i < std::min(k, r.top.size()); ++i) met[r.top[i]] = 1;
  }
  const double count = std::accumulate(met.begin(), met.end(), 0.0);
  const double share = bench.rows.empty() ? 0 : count / static_cast<double>(bench.rows.size());
  return {fmt::format("coverage@{}", k), share, share, share};
}

EvalResult run(const Bench& bench, std::string_view model, std::span<const Case* const> cases,
               ThreadPool* pool) {
  const EvalOptions& options = bench.options;
  const size_t top = *std::max_element(options.cutoffs.begin(), options.cutoffs.end());
  std::vector<Ranked> ranked(cases.size());
  const auto one = [&](size_t i, int) {
    ranked[i] = rank(bench, *cases[i], case_scores(bench, model, *cases[i]), top);
  };
  if (pool != nullptr) {
    pool->parallel_for(cases.size(), one);
  } else {
    for (size_t i = 0; i < cases.size(); ++i) one(i, 0);
  }
  EvalResult out;
  out.model = model;
  for (size_t i = 0; i < cases.size(); ++i) {
    out.users.push_back(cases[i]->user);
    out.ranks.push_back(ranked[i].rank);
  }
  out.metrics = rank_metrics(out.ranks, options.cutoffs, options.bootstrap);
  for (const size_t k : options.cutoffs) out.metrics.push_back(coverage(bench, ranked, k));
  return out;
}

void make_implicit(Cases& cases) {
  for (UserEvent& e : cases.train) e.strength = 1;
  for (Case& one : cases.cases) {
    for (UserEvent& e : one.history) e.strength = 1;
  }
}

}  // namespace

std::span<const std::string_view> eval_models() { return model_names; }

Result<std::vector<EvalResult>> evaluate(const Catalogue& catalogue,
                                         std::span<const UserHistory> histories,
                                         std::span<const std::string> models,
                                         const EvalOptions& options, ThreadPool* pool) {
  for (const std::string& model : models) {
    if (std::find(std::begin(model_names), std::end(model_names), model) == std::end(model_names)) {
      return invalid(
          fmt::format("no model \"{}\": there are {}", model, fmt::join(model_names, ", ")));
    }
  }
  if (options.cutoffs.empty()) return invalid("no cutoff to evaluate at");
  Cases cases = split(histories, options.split);
  if (options.implicit) make_implicit(cases);
  if (cases.cases.empty()) {
    return invalid("nothing to evaluate: no user has a history and an item after it");
  }
  const auto fit = [&](const BehaviourOptions& with) {
    return Behaviour::train(cases.train_users, cases.train, catalogue.rows(), with, pool);
  };
  BehaviourOptions plain = options.behaviour;
  plain.item_knn = options.item_knn;
  Bench bench{catalogue, options, fit(plain).item_knn(), fit(options.behaviour), {}};
  for (uint32_t row = 0; row < catalogue.rows(); ++row) {
    if (catalogue.live()[row] != 0) bench.rows.push_back(row);
  }
  std::vector<const Case*> asked;
  const size_t step =
      options.users_max == 0 ? 1 : std::max<size_t>(1, cases.cases.size() / options.users_max);
  for (size_t i = 0; i < cases.cases.size(); i += step) asked.push_back(&cases.cases[i]);
  std::vector<EvalResult> results;
  for (const std::string& model : models) results.push_back(run(bench, model, asked, pool));
  return results;
}

json::object to_json(const EvalResult& result, std::string_view split) {
  json::object metrics;
  for (const Metric& m : result.metrics) {
    metrics[m.name] = json::object{{"mean", m.mean}, {"low", m.low}, {"high", m.high}};
  }
  return {{"model", result.model},
          {"split", split},
          {"users", result.users.size()},
          {"metrics", std::move(metrics)}};
}

}  // namespace penchant
