#include "recommend/explain.h"

#include <algorithm>
#include <cmath>

#include "math/kernels.h"

namespace penchant {
namespace {

constexpr size_t items_told = 3;    // in one reason
constexpr double weak_below = 0.3;  // of a source's usual best: a little over one deviation

double rounded(double x) { return std::round(x * 1e6) / 1e6; }

// The kinds that only ever lower a score.
bool lowers(Kind kind) { return kind == Kind::dislike || kind == Kind::diversity; }

// Largest first, what lowers last.
bool tells_more(const Reason& a, const Reason& b) {
  if (lowers(a.kind) != lowers(b.kind)) return lowers(b.kind);
  return std::abs(a.contribution) > std::abs(b.contribution);
}

void keep_largest(std::vector<NamedItem>& items) {
  std::stable_sort(items.begin(), items.end(),
                   [](const NamedItem& a, const NamedItem& b) { return a.share > b.share; });
  if (items.size() > items_told) items.resize(items_told);
}

// Rounds so that the contributions sum to the rounded score: the largest takes the difference.
void round_all(Recommended& item) {
  item.score = rounded(item.score);
  double sum = 0;
  for (Reason& reason : item.reasons) sum += reason.contribution = rounded(reason.contribution);
  if (item.reasons.empty()) return;
  const auto largest = std::max_element(
      item.reasons.begin(), item.reasons.end(), [](const Reason& a, const Reason& b) {
        return std::abs(a.contribution) < std::abs(b.contribution);
      });
  largest->contribution = rounded(largest->contribution + item.score - sum);
}

}  // namespace

Explainer::Explainer(const World& world, const Taste& taste, const Subject& subject,
                     std::string_view language)
    : world_(world), taste_(taste), subject_(subject), sentences_(Sentences::in(language)) {}

NamedItem Explainer::named(uint32_t row, double share) const {
  const CatalogueItem& item = world_.catalogue.item(row);
  return {row, item.id, item.title, share};
}

std::vector<NamedItem> named_members(const Catalogue& catalogue, const Interest& interest,
                                     size_t limit) {
  std::vector<NamedItem> out;
  for (const InterestMember& member : interest.members) {
    const CatalogueItem& item = catalogue.item(member.row);
    if (!item.absent && out.size() < limit) {
      out.push_back({member.row, item.id, item.title, member.weight});
    }
  }
  return out;
}

std::string Explainer::titles(std::span<const NamedItem> items) const {
  std::vector<std::string> out;
  for (const NamedItem& item : items) out.push_back(item.title.empty() ? item.id : item.title);
  return sentences_.quoted_list(out);
}

// A direction is the weighted sum of its members' directions, so each member's part in the cosine
// is its weight times its own cosine with the item.
void Explainer::explain_by_members(Reason& reason, const Interest& interest, uint32_t row) const {
  const std::span<const float> v = world_.catalogue.vector(row);
  std::vector<NamedItem> items;
  double sum = 0;
  for (const InterestMember& member : interest.members) {
    if (world_.catalogue.item(member.row).absent) continue;
    const std::vector<float> direction = world_.catalogue.direction(member.row);
    if (direction.size() != v.size()) continue;
    const double part =
        member.weight * (dot(direction, v) - dot(direction, world_.catalogue.centre()));
    if (part <= 0) continue;
    sum += part;
    if (member.row != row) items.push_back(named(member.row, part));  // no reason for itself
  }
  for (NamedItem& item : items) item.share /= sum;
  keep_largest(items);
  reason.items = std::move(items);
}

void Explainer::explain_by_history(Reason& reason, uint32_t row) const {
  std::vector<NamedItem> items;
  double sum = 0;
  for (const Preference& h : taste_.history) {
    const double part =
        static_cast<double>(h.strength) * world_.behaviour.item_knn().similarity(h.row, row);
    sum += part;
    if (part > 0 && h.row != row && !world_.catalogue.item(h.row).absent) {
      items.push_back(named(h.row, part));
    }
  }
  for (NamedItem& item : items) item.share /= sum;
  keep_largest(items);
  reason.items = std::move(items);
}

// A direction may speak for an item without saying much; the sentence must not say more.
bool Explainer::is_weak(Kind kind, size_t which, double contribution) const {
  return std::any_of(
      taste_.directions.begin(), taste_.directions.end(), [&](const Taste::Direction& d) {
        return d.kind == kind && d.which == which && contribution < weak_below * d.weight;
      });
}

// The words of the query or declared phrase that the item has. Neighbours in a script without
// spaces are told as one where the item has them so: a name that was split is whole again.
std::vector<std::string> Explainer::found_words(size_t which, uint32_t row) const {
  const bool is_query = !subject_.query_text.empty();
  const std::string_view phrase =
      is_query ? subject_.query_text : std::string_view(subject_.declared[which].phrase);
  const std::span<const QueryWord> words =
      is_query ? subject_.query_words : subject_.declared[which].words;
  const CatalogueItem& item = world_.catalogue.item(row);
  std::vector<std::string> found;
  bool is_next = false;  // the word before was found, too
  for (const QueryWord& word : words) {
    if (!has_word(item.words, word.folded)) {
      is_next = false;
      continue;
    }
    const std::string joined = is_next ? found.back() + word.text : std::string();
    if (is_next && phrase.find(joined) != phrase.npos && is_written(item, joined)) {
      found.back() = joined;
    } else {
      found.push_back(word.text);
    }
    is_next = true;
  }
  return found;
}

Reason Explainer::reason(Kind kind, size_t which, double contribution, uint32_t row,
                         const Placed& placed) const {
  Reason out;
  out.kind = kind;
  out.which = which;
  out.contribution = contribution;
  // The sentence that names items, or the bare one where there are none left to name.
  const auto with_items = [&](std::string_view key) {
    if (out.items.empty()) return sentences_.fill(std::string(key) + ".bare", {{"name", out.name}});
    return sentences_.fill(key, {{"name", out.name}, {"items", titles(out.items)}});
  };
  const std::string degree = is_weak(kind, which, contribution) ? ".weak" : "";
  switch (kind) {
    case Kind::interest:
      explain_by_members(out, subject_.interests[which], row);
      out.name = subject_.interest_names[which];
      out.text = with_items((out.name.empty() ? "interest.unnamed" : "interest") + degree);
      break;
    case Kind::recent:
      explain_by_members(out, subject_.recent, row);
      out.text = with_items("recent" + degree);
      break;
    case Kind::declared:
      out.name = subject_.declared[which].phrase;
      out.text = sentences_.fill("declared" + degree, {{"name", out.name}});
      break;
    case Kind::item:
      explain_by_history(out, row);
      out.text = with_items(subject_.similar_to != ~0u ? "item.similar" : "item");
      break;
    case Kind::popular: {
      const uint32_t people = world_.behaviour.popularity().people[row];
      out.text = people == 1 ? sentences_.fill("popular.one")
                             : sentences_.fill("popular.many", {{"count", std::to_string(people)}});
      break;
    }
    case Kind::trending:
      out.text = sentences_.fill("trending");
      break;
    case Kind::latest: {
      const Seconds age = world_.now - world_.catalogue.item(row).time.value_or(world_.now);
      const auto days = static_cast<long>(age / day_seconds);
      const std::string_view key = days < 1    ? "latest.today"
                                   : days == 1 ? "latest.day"
                                   : days < 60 ? "latest.days"
                                               : "latest.old";
      const std::string count = std::to_string(days);
      out.text = days < 2 ? sentences_.fill(key) : sentences_.fill(key, {{"count", count}});
      break;
    }
    case Kind::similar:
      if (subject_.similar_to != ~0u) {
        out.items = {named(subject_.similar_to, 1)};
        out.text = with_items("similar" + degree);
      } else {
        out.name = subject_.query_text;
        out.text = sentences_.fill("similar.query" + degree, {{"name", out.name}});
      }
      break;
    case Kind::words:
      out.words = found_words(which, row);
      out.text = sentences_.fill("words", {{"words", sentences_.quoted_list(out.words)}});
      break;
    case Kind::dislike:
      explain_by_members(out, subject_.dislikes[which], row);
      out.text = with_items("dislike");
      break;
    case Kind::diversity:
      out.items = {named(placed.like_row, 1)};
      out.text = with_items("diversity");
      break;
    case Kind::catalogue:
      out.text = sentences_.fill("catalogue");
      break;
  }
  return out;
}

Recommended Explainer::describe(const Candidates& candidates, const Placed& placed,
                                bool reasons) const {
  const uint32_t row = candidates.rows[placed.candidate];
  const CatalogueItem& item = world_.catalogue.item(row);
  Recommended out{row,
                  item.id,
                  item.title,
                  candidates.scores[placed.candidate] + placed.diversity,
                  Kind::catalogue,
                  {}};
  double most = 0;
  for (const Signal& signal : candidates.signals) {
    const double contribution = signal.contributions[placed.candidate];
    if (contribution > most) most = contribution, out.source = signal.kind;
    if (!reasons || std::abs(contribution) < 5e-7) continue;
    out.reasons.push_back(reason(signal.kind, signal.which, contribution, row, placed));
  }
  if (reasons && placed.diversity < -5e-7) {
    out.reasons.push_back(reason(Kind::diversity, 0, placed.diversity, row, placed));
  }
  if (reasons && out.reasons.empty()) {
    out.reasons.push_back(reason(Kind::catalogue, 0, out.score, row, placed));
  }
  std::stable_sort(out.reasons.begin(), out.reasons.end(), tells_more);
  round_all(out);
  return out;
}

}  // namespace penchant
