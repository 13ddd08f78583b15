#include "recommend/naming.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace penchant {
namespace {

constexpr size_t terms_max = 3;
constexpr double keyword_worth = 0.8;  // against a category's 1
constexpr double enough = 0.35;        // of the best term's worth, to stand beside it

struct Term {
  std::string_view text;
  double worth = 0;
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool repeats(std::string_view a, std::string_view b) {
  const std::string x = lower(a), y = lower(b);
  return x.find(y) != x.npos || y.find(x) != y.npos;
}

struct Found {
  double share = 0;
  size_t members = 0;
  size_t items = 0;  // in the catalogue
};

std::vector<Term> ranked_terms(const Catalogue& catalogue, const Interest& interest) {
  std::map<std::string_view, Found> found;
  for (const InterestMember& member : interest.members) {
    const CatalogueItem& item = catalogue.item(member.row);
    if (item.absent) continue;
    for (const std::string& category : item.categories) {
      Found& f = found[category];
      f.share += member.weight;
      f.items = std::max(f.items, catalogue.category_items(category));
      ++f.members;
    }
    for (const auto& [keyword, weight] : item.keywords) {
      Found& f = found[keyword];
      f.share += member.weight * weight * keyword_worth;
      f.items = std::max(f.items, catalogue.keyword_items(keyword));
      ++f.members;
    }
  }
  const auto all = static_cast<double>(catalogue.items());
  const size_t support = interest.members.size() > 2 ? 2 : 1;
  std::vector<Term> terms;
  for (const auto& [text, f] : found) {
    const double usual = (static_cast<double>(f.items) + 1) / (all + 2);
    const double share = std::min(f.share, 1.0);
    if (f.members >= support && share > usual) {
      terms.push_back({text, share * std::log(share / usual)});
    }
  }
  std::stable_sort(terms.begin(), terms.end(),
                   [](const Term& a, const Term& b) { return a.worth > b.worth; });
  return terms;
}

// The first `count` terms that neither repeat each other nor fall far behind the best.
std::vector<std::string> chosen(std::span<const Term> terms, size_t count) {
  std::vector<std::string> out;
  for (const Term& term : terms) {
    if (out.size() == count || term.worth < enough * terms[0].worth) break;
    const bool known = std::any_of(out.begin(), out.end(),
                                   [&](const std::string& o) { return repeats(o, term.text); });
    if (!known) out.emplace_back(term.text);
  }
  return out;
}

}  // namespace

std::vector<std::string> name_interests(const Catalogue& catalogue,
                                        std::span<const Interest> interests,
                                        const Sentences& sentences) {
  std::vector<std::string> names;
  std::set<std::set<std::string>> taken;  // the same terms in another order are the same name
  for (const Interest& interest : interests) {
    const std::vector<Term> terms = ranked_terms(catalogue, interest);
    std::vector<std::string> told;
    for (size_t count = 2; count <= terms_max; ++count) {
      told = chosen(terms, count);
      if (!taken.contains({told.begin(), told.end()})) break;
    }
    taken.emplace(told.begin(), told.end());
    names.push_back(fmt::to_string(fmt::join(told, sentences.text("name.comma"))));
  }
  return names;
}

}  // namespace penchant
