#include "recommend/pipeline.h"

#include <algorithm>
#include <cmath>

#include "math/kernels.h"
#include "recommend/explain.h"
#include "recommend/gate.h"
#include "recommend/naming.h"
#include "recommend/rerank.h"
#include "recommend/sources.h"

namespace penchant {
namespace {

// A taste and what it is about. The taste's phrases borrow from the subject's declared interests.
struct Wish {
  Taste taste;
  Subject subject;
  bool personal = false;
};

void want_interests(Wish& wish, const World& world, const UserState& user, const Weights& weights) {
  Subject& about = wish.subject;
  about.interests = user.interests().liked(world.now);
  about.recent = user.recent(world.catalogue);
  about.dislikes = user.interests().disliked(world.now);
  double shares = 0;
  for (const Interest& i : about.interests) shares += std::pow(i.share, weights.interest_power);
  for (size_t i = 0; i < about.interests.size() && weights.interest > 0; ++i) {
    const double share = std::pow(about.interests[i].share, weights.interest_power) / shares;
    wish.taste.directions.push_back(
        {Kind::interest, i, about.interests[i].direction, weights.interest * share});
  }
  if (!about.recent.direction.empty() && about.interests.size() > 1 && weights.recent > 0) {
    wish.taste.directions.push_back({Kind::recent, 0, about.recent.direction, weights.recent});
  }
  for (size_t i = 0; i < about.dislikes.size(); ++i) {
    wish.taste.directions.push_back(
        {Kind::dislike, i, about.dislikes[i].direction, weights.dislike * about.dislikes[i].share});
  }
}

void want_declared(Wish& wish, const UserState& user, const Weights& weights) {
  wish.subject.declared = user.declared();
  const double share = 1 / std::max<double>(1, static_cast<double>(user.declared().size()));
  for (size_t i = 0; i < user.declared().size(); ++i) {
    const Declared& declared = user.declared()[i];
    if (!declared.vector.empty()) {
      wish.taste.directions.push_back({Kind::declared, i, declared.vector, weights.declared});
    }
    if (!declared.words.empty()) {
      wish.taste.phrases.push_back({Kind::words, i, declared.words, weights.words * share});
    }
  }
}

void want_history(Wish& wish, const World& world, const UserState& user, const Weights& weights) {
  wish.taste.history = user.liked(world.now, weights.item_floor, weights.history_items);
  const auto items = static_cast<double>(wish.taste.history.size());
  wish.taste.history_weight = weights.item * items / (items + weights.evidence);
  if (world.behaviour.item_knn_scale() > 0) {
    wish.taste.history_scale = world.behaviour.item_knn_scale();
  }
}

Wish wish_of(const World& world, const UserState* user, const Weights& weights) {
  Wish wish;
  if (user != nullptr) {
    want_interests(wish, world, *user, weights);
    want_declared(wish, *user, weights);
    want_history(wish, world, *user, weights);
  }
  const Taste& t = wish.taste;
  wish.personal = !t.directions.empty() || !t.phrases.empty() || !t.history.empty();
  wish.taste.popular_weight = wish.personal ? weights.popular : weights.cold_popular;
  wish.taste.trending_weight = wish.personal ? weights.trending : weights.cold_trending;
  wish.taste.latest_weight = wish.personal ? weights.latest : weights.cold_latest;
  return wish;
}

void name_subject(const World& world, std::string_view language, Wish& wish) {
  wish.subject.interest_names =
      name_interests(world.catalogue, wish.subject.interests, Sentences::in(language));
}

// Cuts the page out of the one list and lets the gate speak once more.
std::vector<Recommended> page(const World& world, const Gate& gate, const Wish& wish,
                              const Candidates& candidates, const Request& request) {
  const Explainer explainer(world, wish.taste, wish.subject, request.language);
  const std::vector<Placed> list =
      rerank(world.catalogue, candidates, request.diversity, request.offset + request.n);
  std::vector<Recommended> out;
  for (size_t i = request.offset; i < list.size(); ++i) {
    if (!gate.admits(candidates.rows[list[i].candidate])) continue;
    out.push_back(explainer.describe(candidates, list[i], request.explain));
  }
  return out;
}

std::string cold_summary(const Sentences& sentences, std::span<const Recommended> items) {
  std::vector<std::string> sources;
  for (const auto& [kind, key] : {std::pair(Kind::popular, "summary.cold.popular"),
                                  std::pair(Kind::trending, "summary.cold.trending"),
                                  std::pair(Kind::latest, "summary.cold.latest"),
                                  std::pair(Kind::catalogue, "summary.cold.catalogue")}) {
    const Kind wanted = kind;
    if (std::any_of(items.begin(), items.end(),
                    [wanted](const Recommended& r) { return r.source == wanted; })) {
      sources.push_back(sentences.fill(key));
    }
  }
  return sentences.fill("summary.cold", {{"sources", sentences.plain_list(sources)}});
}

std::string summary(const Wish& wish, const Answer& answer, std::string_view language) {
  const Sentences& sentences = Sentences::in(language);
  if (answer.items.empty()) return sentences.fill("summary.empty");
  if (!wish.personal) return cold_summary(sentences, answer.items);
  std::vector<std::string> names, declared;
  for (const std::string& name : wish.subject.interest_names) {
    if (!name.empty() && names.size() < 3) names.push_back(name);
  }
  for (const Declared& d : wish.subject.declared) declared.push_back(d.phrase);
  const std::string told = sentences.quoted_list(names);
  const std::string said = sentences.quoted_list(declared);
  if (names.empty() && declared.empty()) return sentences.fill("summary.history");
  if (names.empty()) return sentences.fill("summary.declared", {{"names", said}});
  if (declared.empty()) return sentences.fill("summary.interests", {{"names", told}});
  return sentences.fill("summary.both", {{"names", told}, {"declared", said}});
}

// Candidates that nothing speaks for: fine at the end of a list of recommendations, but not like an
// item and no answer to a query.
void drop_worthless(Candidates& candidates) {
  Candidates kept;
  std::vector<size_t> keep;
  for (size_t i = 0; i < candidates.rows.size(); ++i) {
    if (candidates.scores[i] > 0) keep.push_back(i);
  }
  const auto pick = [&keep](const auto& from) {
    std::remove_cvref_t<decltype(from)> out;
    out.reserve(keep.size());
    for (const size_t i : keep) out.push_back(from[i]);
    return out;
  };
  kept.rows = pick(candidates.rows);
  kept.scores = pick(candidates.scores);
  for (const Signal& s : candidates.signals) {
    kept.signals.push_back({s.kind, s.which, pick(s.contributions)});
  }
  candidates = std::move(kept);
}

}  // namespace

Answer recommend(const World& world, const UserState* user, const Request& request) {
  const Gate gate(world, user, request);
  Wish wish = wish_of(world, user, request.weights);
  name_subject(world, request.language, wish);
  const Candidates candidates = score(world, wish.taste, propose(world, wish.taste, gate.mask()));
  Answer answer;
  answer.personal = wish.personal;
  answer.items = page(world, gate, wish, candidates, request);
  answer.summary = summary(wish, answer, request.language);
  return answer;
}

std::vector<double> scores_of(const World& world, const UserState* user, const Weights& weights,
                              std::span<const uint32_t> rows) {
  const Wish wish = wish_of(world, user, weights);
  return score(world, wish.taste, {rows.begin(), rows.end()}).scores;
}

Answer similar(const World& world, uint32_t row, const Request& request) {
  const Gate gate(world, nullptr, request, row);
  Wish wish;
  wish.subject.similar_to = row;
  std::vector<float> direction = world.catalogue.direction(row);
  if (dot(direction, direction) > 0) {
    wish.taste.directions.push_back(
        {Kind::similar, 0, std::move(direction), request.weights.similar_meaning});
  }
  const std::span<const Neighbour> neighbours = world.behaviour.item_knn().neighbours(row);
  if (!neighbours.empty()) {
    wish.taste.history = {{row, 1}};
    wish.taste.history_weight = request.weights.similar_behaviour;
    wish.taste.history_scale =
        std::max(neighbours[std::min<size_t>(9, neighbours.size() - 1)].similarity,
                 world.behaviour.item_knn_scale());
  }
  Candidates candidates = score(world, wish.taste, propose(world, wish.taste, gate.mask()));
  drop_worthless(candidates);
  Answer answer;
  answer.items = page(world, gate, wish, candidates, request);
  const Sentences& sentences = Sentences::in(request.language);
  const CatalogueItem& item = world.catalogue.item(row);
  const std::string title[] = {item.title.empty() ? item.id : item.title};
  answer.summary =
      sentences.fill(answer.items.empty() ? "summary.similar.empty" : "summary.similar",
                     {{"items", sentences.quoted_list(title)}});
  return answer;
}

Answer search(const World& world, const Query& query, const Request& request) {
  const Gate gate(world, nullptr, request);
  Wish wish;
  wish.subject.query_text = query.text;
  wish.subject.query_words = query.words;
  if (!query.vector.empty()) {
    wish.taste.directions.push_back(
        {Kind::similar, 0, query.vector, request.weights.query_meaning});
  }
  if (!query.words.empty()) {
    wish.taste.phrases.push_back({Kind::words, 0, query.words, request.weights.query_words});
  }
  Candidates candidates = score(world, wish.taste, propose(world, wish.taste, gate.mask()));
  drop_worthless(candidates);
  Answer answer;
  answer.items = page(world, gate, wish, candidates, request);
  const Sentences& sentences = Sentences::in(request.language);
  answer.summary = sentences.fill(answer.items.empty() ? "summary.search.empty" : "summary.search",
                                  {{"name", query.text}});
  return answer;
}

namespace {

Explanation::Line line_of(const Reason& reason, const Taste& taste, const Candidates& candidates,
                          std::span<const float> vector) {
  const auto is_its = [&](const auto& of) {
    return of.kind == reason.kind && of.which == reason.which;
  };
  const auto direction = std::ranges::find_if(taste.directions, is_its);
  const auto signal = std::ranges::find_if(candidates.signals, is_its);
  if (direction == taste.directions.end() || signal == candidates.signals.end()) return {};
  const double above = double{dot(direction->query, vector)} - double{signal->mean};
  return {direction->query, reason.contribution / above};
}

}  // namespace

Explanation explain(const World& world, const UserState* user, uint32_t row,
                    const Request& request) {
  const Gate gate(world, user, request);
  Wish wish = wish_of(world, user, request.weights);
  name_subject(world, request.language, wish);
  const Candidates candidates = score(world, wish.taste, {row});
  const Explainer explainer(world, wish.taste, wish.subject, request.language);
  Explanation out;
  out.item = explainer.describe(candidates, {}, true);
  for (const Reason& reason : out.item.reasons)
    out.lines.push_back(line_of(reason, wish.taste, candidates, world.catalogue.vector(row)));
  const std::string_view refusal = gate.refusal(row);
  out.admitted = refusal.empty();
  if (!out.admitted) out.refusal = Sentences::in(request.language).fill(refusal);
  return out;
}

std::vector<NamedInterest> interests(const World& world, const UserState& user,
                                     std::string_view language) {
  constexpr size_t items_told = 10;
  const Sentences& sentences = Sentences::in(language);
  std::vector<NamedInterest> out;
  const auto tell = [&](Kind kind, std::span<const Interest> some) {
    const std::vector<std::string> names = name_interests(world.catalogue, some, sentences);
    for (size_t i = 0; i < some.size(); ++i) {
      NamedInterest named{kind, names[i], some[i].share,
                          named_members(world.catalogue, some[i], items_told)};
      if (named.name.empty() && !named.items.empty()) {
        const NamedItem& first = named.items[0];
        const std::string title[] = {first.title.empty() ? first.id : first.title};
        named.name = sentences.fill("unnamed", {{"items", sentences.quoted_list(title)}});
      }
      out.push_back(std::move(named));
    }
  };
  tell(Kind::interest, user.interests().liked(world.now));
  const Interest recent = user.recent(world.catalogue);
  if (!recent.direction.empty()) tell(Kind::recent, {&recent, 1});
  for (const Declared& declared : user.declared()) {
    out.push_back(
        {Kind::declared, declared.phrase, 1.0 / static_cast<double>(user.declared().size()), {}});
  }
  tell(Kind::dislike, user.interests().disliked(world.now));
  return out;
}

}  // namespace penchant
