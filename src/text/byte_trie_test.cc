#include "text/byte_trie.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace penchant {

TEST(ByteTrie, FindsWhatAMapFinds) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::map<std::string, int32_t> expected;
    for (int i = 0; i < 300; ++i) {
      std::string key;
      const size_t length = random() % 6;
      // Few letters in some rounds, all bytes in others.
      for (size_t n = 0; n < length; ++n)
        key += static_cast<char>(random() % (round % 2 == 0 ? 3 : 256));
      expected.try_emplace(key, i);
    }
    std::vector<ByteTrie::Entry> entries;
    for (const auto& [key, value] : expected) entries.push_back({key, value});
    std::shuffle(entries.begin(), entries.end(), random);
    const ByteTrie trie(entries);
    for (const auto& [key, value] : expected) EXPECT_EQ(trie.find(key), value);
    for (int i = 0; i < 1000; ++i) {
      std::string key;
      for (size_t n = random() % 6; n > 0; --n) key += static_cast<char>(random() % 5);
      const auto found = expected.find(key);
      EXPECT_EQ(trie.find(key), found == expected.end() ? -1 : found->second);
    }
  }
}

TEST(ByteTrie, KeepsTheLastOfEqualKeys) {
  std::vector<ByteTrie::Entry> entries = {{"a", 1}, {"b", 2}, {"a", 3}};
  EXPECT_EQ(ByteTrie(entries).find("a"), 3);
}

TEST(ByteTrie, OfNothingFindsNothing) {
  const ByteTrie trie;
  EXPECT_EQ(trie.find(""), -1);
  EXPECT_EQ(trie.find("a"), -1);
  EXPECT_EQ(trie.find(std::string_view("\0", 1)), -1);
}

}  // namespace penchant
