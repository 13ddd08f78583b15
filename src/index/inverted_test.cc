#include "index/inverted.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/random.h"

namespace penchant {
namespace {

using Documents = std::map<uint32_t, std::vector<std::string>>;

// BM25 straight from its formula.
std::vector<Hit> brute_force(const Documents& documents, const std::vector<std::string>& query,
                             size_t k) {
  double total = 0;
  for (const auto& [d, terms] : documents) total += double(terms.size());
  const double n = double(documents.size());
  std::vector<Hit> hits;
  for (const auto& [d, terms] : documents) {
    double score = 0;
    for (const std::string& term : query) {
      const double count = double(std::count(terms.begin(), terms.end(), term));
      if (count == 0) continue;
      double df = 0;
      for (const auto& [other, words] : documents)
        df += std::find(words.begin(), words.end(), term) != words.end();
      score += std::log(1 + (n - df + 0.5) / (df + 0.5)) * count * 2.2 /
               (count + 1.2 * (0.25 + 0.75 * double(terms.size()) / (total / n)));
    }
    if (score > 0) hits.push_back({d, static_cast<float>(score)});
  }
  std::sort(hits.begin(), hits.end(), TopK::better);
  hits.resize(std::min(k, hits.size()));
  return hits;
}

TEST(InvertedIndex, ScoresAsTheFormulaSaysAfterAnyChanges) {
  Random random(7);
  InvertedIndex index;
  Documents documents;
  for (int step = 0; step < 400; ++step) {
    const auto d = static_cast<uint32_t>(random.below(60));
    if (random.below(5) == 0) {
      index.remove(d);
      documents.erase(d);
    } else {
      std::vector<std::string> terms(1 + random.below(12));
      for (auto& term : terms) term = std::string(1, char('a' + random.below(15)));
      index.set(d, terms);
      documents[d] = terms;
    }
    if (step % 20 != 0) continue;
    const std::vector<std::string> query = {"a", "c", "q"};
    const auto hits = index.search(query, 10, {});
    const auto wanted = brute_force(documents, query, 10);
    ASSERT_EQ(hits.size(), wanted.size()) << step;
    for (size_t i = 0; i < hits.size(); ++i) ASSERT_NEAR(hits[i].score, wanted[i].score, 1e-4);
  }
}

TEST(InvertedIndex, RespectsTheAllowedDocuments) {
  InvertedIndex index;
  const std::vector<std::string> terms = {"x"};
  for (uint32_t d = 0; d < 5; ++d) index.set(d, terms);
  const std::vector<uint8_t> allowed = {0, 0, 1};
  const auto hits = index.search(terms, 10, allowed);
  ASSERT_EQ(hits.size(), 1u);
  EXPECT_EQ(hits[0].row, 2u);
  EXPECT_TRUE(InvertedIndex().search(terms, 10, {}).empty());
}

}  // namespace
}  // namespace penchant
