#include "recommend/naming.h"

#include <gtest/gtest.h>

namespace penchant {
namespace {

using Names = std::vector<std::string>;

// Items of which number i has the i-th categories and keywords, and 40 others that are only "All".
Catalogue catalogue_of(const std::vector<std::vector<std::string>>& categories,
                       const std::vector<std::vector<std::string>>& keywords = {}) {
  std::vector<CatalogueChange> changes;
  for (size_t i = 0; i < categories.size() + 40; ++i) {
    CatalogueItem item;
    item.id = std::to_string(i);
    item.categories = i < categories.size() ? categories[i] : std::vector<std::string>{};
    item.categories.emplace_back("All");
    if (i < keywords.size()) {
      for (const std::string& word : keywords[i]) item.keywords.emplace_back(word, 1.0f);
    }
    changes.push_back({item, {}});
  }
  return Catalogue().with(changes);
}

Interest interest_of(const std::vector<uint32_t>& rows) {
  Interest interest;
  for (const uint32_t row : rows) {
    InterestMember member;
    member.row = row;
    member.weight = 1.0 / static_cast<double>(rows.size());
    interest.members.push_back(member);
  }
  return interest;
}

Names names(const Catalogue& catalogue, const std::vector<Interest>& interests,
            std::string_view language = "en") {
  return name_interests(catalogue, interests, Sentences::in(language));
}

TEST(Naming, TellsWhatSetsItemsApartNotWhatAllHave) {
  const Catalogue catalogue = catalogue_of({{"Tea"}, {"Tea"}, {"Tea"}});
  EXPECT_EQ(names(catalogue, {interest_of({0, 1, 2})}), Names{"Tea"});
}

TEST(Naming, JoinsTheBestTermsInTheLanguage) {
  const Catalogue catalogue = catalogue_of({{"Tea", "Pots"}, {"Tea", "Pots"}, {"Tea"}});
  EXPECT_EQ(names(catalogue, {interest_of({0, 1, 2})}), Names{"Tea, Pots"});
  EXPECT_EQ(names(catalogue, {interest_of({0, 1, 2})}, "zh"), Names{"Tea\u3001Pots"});
}

TEST(Naming, OneItemOfManyDoesNotNameThem) {
  const Catalogue catalogue = catalogue_of({{"Tea"}, {"Tea"}, {"Tea", "Swords"}});
  EXPECT_EQ(names(catalogue, {interest_of({0, 1, 2})}), Names{"Tea"});
}

TEST(Naming, DoesNotRepeatItselfInOtherWords) {
  const Catalogue catalogue = catalogue_of({{"Tea"}, {"Tea"}}, {{"green tea"}, {"green tea"}});
  EXPECT_EQ(names(catalogue, {interest_of({0, 1})}), Names{"Tea"});
}

TEST(Naming, TheSameTermsInAnotherOrderAreNotTwoNames) {
  std::vector<std::vector<std::string>> categories = {
      {"Crime", "Drama"}, {"Crime", "Drama"},         {"Crime"},  // Crime, then Drama
      {"Drama", "Crime"}, {"Drama", "Crime", "Noir"}, {"Drama", "Noir"}};
  for (int i = 0; i < 8; ++i) categories.push_back({"Noir"});  // so that Noir is told last
  const Catalogue catalogue = catalogue_of(categories);
  EXPECT_EQ(names(catalogue, {interest_of({3, 4, 5})}), Names{"Drama, Crime"});
  EXPECT_EQ(names(catalogue, {interest_of({0, 1, 2}), interest_of({3, 4, 5})}),
            (Names{"Crime, Drama", "Drama, Crime, Noir"}));
}

TEST(Naming, NothingToTellGivesNoName) {
  std::vector<CatalogueChange> bare(1);
  const Catalogue catalogue = Catalogue().with(bare);
  EXPECT_EQ(names(catalogue, {interest_of({0}), interest_of({})}), (Names{"", ""}));
}

}  // namespace
}  // namespace penchant
