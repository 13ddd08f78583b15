#include "text/charsmap.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>
#include <string>

namespace penchant {

namespace {

// A double array by the simplest construction there is: every node gets 256 units of its own.
std::string compile(const std::map<std::string, std::string>& rules) {
  struct Node {
    std::map<unsigned char, size_t> children;
    int64_t value = -1;
  };
  std::vector<Node> nodes(1);
  std::string replacements;
  for (const auto& [from, to] : rules) {
    size_t node = 0;
    for (const char c : from) {
      const auto byte = static_cast<unsigned char>(c);
      if (nodes[node].children.count(byte) == 0) {
        nodes[node].children[byte] = nodes.size();
        nodes.emplace_back();
      }
      node = nodes[node].children[byte];
    }
    nodes[node].value = static_cast<int64_t>(replacements.size());
    replacements += to + '\0';
  }
  std::vector<uint32_t> units((nodes.size() + 1) * 256, 0x100);  // a label that no byte has
  std::vector<size_t> at(nodes.size(), 0);
  units[0] = 0;
  for (size_t node = 0; node < nodes.size(); ++node) {
    const size_t base = (node + 1) * 256;
    units[at[node]] |= static_cast<uint32_t>((at[node] ^ base) << 10);
    if (nodes[node].value >= 0) {
      units[at[node]] |= 0x100;
      units[base] = static_cast<uint32_t>(nodes[node].value) | 0x80000000u;
    }
    for (const auto& [byte, child] : nodes[node].children) {
      at[child] = base ^ byte;
      units[at[child]] = byte;
    }
  }
  std::string bytes(4 + units.size() * 4, '\0');
  const auto size = static_cast<uint32_t>(units.size() * 4);
  std::memcpy(bytes.data(), &size, 4);
  std::memcpy(bytes.data() + 4, units.data(), units.size() * 4);
  return bytes + replacements;
}

std::string applied(const Charsmap& map, std::string_view bytes) {
  AlignedText text;
  text.reset(bytes, 0);
  map.apply(text);
  return std::string(text.bytes());
}

}  // namespace

TEST(Charsmap, ReplacesClustersFirstAndThenCharacters) {
  const auto map = Charsmap::parse(
      compile({{"\uff21", "A"}, {"e\u0301", "\u00e9"}, {"\u0301", ""}, {"x", "xyz"}, {"\r", " "}}));
  ASSERT_TRUE(map.ok()) << map.error().message;
  EXPECT_EQ(applied(*map, "plain"), "plain");
  EXPECT_EQ(applied(*map, "\uff21e\u0301x"), "A\u00e9xyz");
  EXPECT_EQ(applied(*map, "o\u0301"), "o");
  // As in the package: of a short cluster the shortest prefix with a rule is all that counts.
  EXPECT_EQ(applied(*map, "a\r\nb"), "a b");
  EXPECT_EQ(applied(*map, "x\u0301"), "xyz");
}

TEST(Charsmap, RemembersWhereCharactersCameFrom) {
  const auto map = Charsmap::parse(compile({{"x", "123"}, {"-", ""}}));
  ASSERT_TRUE(map.ok());
  AlignedText text;
  text.reset("axb-c", 10);
  map->apply(text);
  EXPECT_EQ(text.bytes(), "a123bc");
  EXPECT_EQ(text.origin(1, 4), (Span{11, 12}));
  EXPECT_EQ(text.origin(4, 5), (Span{12, 13}));
  EXPECT_EQ(text.origin(5, 6), (Span{14, 15}));
  // As in the package: what is added and what is removed right behind it are set off against each
  // other.
  text.reset("x-b", 10);
  map->apply(text);
  EXPECT_EQ(text.bytes(), "123b");
  EXPECT_EQ(text.origin(1, 2), (Span{10, 11}));
  EXPECT_EQ(text.origin(2, 3), (Span{11, 12}));
  EXPECT_EQ(text.origin(3, 4), (Span{12, 13}));
}

TEST(Charsmap, RefusesDamagedFiles) {
  EXPECT_FALSE(Charsmap::parse("").ok());
  EXPECT_FALSE(Charsmap::parse(std::string("\0\0\0\0", 4)).ok());                // no trie
  EXPECT_FALSE(Charsmap::parse(std::string("\x08\0\0\0abcd", 8)).ok());          // a trie cut short
  EXPECT_FALSE(Charsmap::parse(std::string("\xff\xff\xff\xff", 4)).ok());        // 4 GB of trie
  EXPECT_FALSE(Charsmap::parse(std::string("\x04\0\0\0\0\0\0\0\xff", 9)).ok());  // no UTF-8
  for (const char* base64 : {"a", "a===", "====", "YQ=", "Y Q=", "YQ==YQ==", "YR==", "YW-="})
    EXPECT_FALSE(Charsmap::parse_base64(base64).ok()) << base64;
  const std::string whole = compile({{"a", "b"}});
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto map = Charsmap::parse(std::string_view(whole).substr(0, size));
    if (map.ok()) applied(*map, "abc \u0301");
  }
}

// Units at random: loops, places outside, leaves that point nowhere or into a character.
TEST(Charsmap, StandsAnyArray) {
  std::mt19937 random(11);
  for (int round = 0; round < 2000; ++round) {
    const uint32_t count = 1 + random() % 300;
    std::string bytes(4 + count * 4, '\0');
    const uint32_t size = count * 4;
    std::memcpy(bytes.data(), &size, 4);
    for (uint32_t i = 0; i < count; ++i) {
      // Small offsets and right labels now and then, or no walk gets anywhere.
      const uint32_t unit = random() % 2 == 0
                                ? static_cast<uint32_t>(random())
                                : (i & 0xFF) | (random() % 2) << 8 | (random() % 300) << 10;
      std::memcpy(bytes.data() + 4 + i * 4, &unit, 4);
    }
    const auto map = Charsmap::parse(bytes + "a\u4e2d\0b" + std::string(random() % 4, 'x'));
    ASSERT_TRUE(map.ok()) << map.error().message;
    std::string text;
    for (uint32_t c = 1; c < 0x250; ++c) utf8_append(text, c);
    EXPECT_EQ(utf8_invalid_at(applied(*map, text)), std::string_view::npos);
  }
}

}  // namespace penchant
