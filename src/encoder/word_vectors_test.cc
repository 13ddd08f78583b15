#include "encoder/word_vectors.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/test_folder.h"

namespace penchant {
namespace {

std::vector<std::string> logged;

class WordVectorFiles : public testing::Test {
 protected:
  WordVectorFiles() {
    logged.clear();
    set_log_sink([](LogLevel, std::string_view message) { logged.emplace_back(message); });
  }
  ~WordVectorFiles() override { set_log_sink(nullptr); }

  Result<WordVectors> read(std::string_view text) {
    EXPECT_TRUE(write_file(path_, text).ok());
    return read_word_vectors(path_);
  }
  // What the file is refused for, without the folder.
  std::string refusal(std::string_view text) {
    const auto result = read(text);
    if (result.ok()) return "accepted";
    const std::string& message = result.error().message;
    const size_t at = message.find("v.txt");
    return at == std::string::npos ? message : message.substr(at);
  }

  TestFolder folder_;
  Path path_ = folder_.path() / "v.txt";
};

TEST_F(WordVectorFiles, OfAllThreeKindsAreRead) {
  for (const char* text : {"2 3\nred 1 2 3\nblue -1 0.5 1e-3\n", "red 1 2 3\nblue -1 0.5 1e-3",
                           "2 3\r\nred\t1\t2\t3 \r\nblue -1 0.5 1e-3 \r\n\r\n"}) {
    const auto words = read(text);
    ASSERT_TRUE(words.ok()) << words.error().message;
    EXPECT_EQ(words->vectors.rows, 2u);
    EXPECT_EQ(words->vectors.cols, 3u);
    EXPECT_EQ(words->vectors.values, (std::vector<float>{1, 2, 3, -1, 0.5f, 1e-3f}));
    EXPECT_EQ(words->find("A blue, RED thing; Blue!"),
              (std::vector<WordVectors::Found>{{1, {2, 6}}, {0, {8, 11}}, {1, {19, 23}}}));
  }
}

TEST_F(WordVectorFiles, MayHaveSpacesInTheirWords) {
  const auto words = read("red 1 2\n. . . 3 4\n");
  ASSERT_TRUE(words.ok()) << words.error().message;
  EXPECT_EQ(words->rows.at(". . ."), 1u);
}

TEST_F(WordVectorFiles, AreReadFromGzip) {
  const std::string name = path_.string();
  gzFile file = gzopen(name.c_str(), "wb");
  gzputs(file, "1 2\nred 1 2\n");
  gzclose(file);
  EXPECT_EQ(read_word_vectors(path_)->vectors.rows, 1u);
}

TEST_F(WordVectorFiles, AreRefusedWithFileAndLine) {
  EXPECT_EQ(refusal("red 1 2\nblue 1\n"), "v.txt:2: 2 fields, expected a word and 2 numbers");
  EXPECT_EQ(refusal("red 1 2\nblue 1 nan\n"), "v.txt:2: \"nan\" is not a number");
  EXPECT_EQ(refusal("red 1 2\nblue inf 1\n"), "v.txt:2: \"inf\" is not a number");
  EXPECT_EQ(refusal("red 1 2\nblue 1 1e99\n"), "v.txt:2: \"1e99\" is not a number");
  EXPECT_EQ(refusal("red 1 2\nblue 1 2x\n"), "v.txt:2: \"2x\" is not a number");
  EXPECT_EQ(refusal("3 2\nred 1 2\n"), "v.txt: 1 words, but its first line says 3");
  EXPECT_EQ(refusal("3 0\n"), "v.txt:1: vectors of 0 dimensions, not 1..4096");
  EXPECT_EQ(refusal("3 99999999999\n"), "v.txt:1: vectors of 99999999999 dimensions, not 1..4096");
  EXPECT_EQ(refusal("red\n"), "v.txt:1: vectors of 0 dimensions, not 1..4096");
  EXPECT_EQ(refusal(""), "v.txt: no word vectors");
  EXPECT_EQ(refusal("\n \n"), "v.txt: no word vectors");
  EXPECT_NE(
      refusal("red 1 2\n" + std::string(limits::line_bytes + 1, 'x')).find("v.txt:2: line of"),
      std::string::npos);
  EXPECT_EQ(read_word_vectors(folder_.path() / "none").error().code, Code::not_found);
}

TEST_F(WordVectorFiles, SkipAndReportWordsThatComeAgainOrAreNotUtf8) {
  const auto words = read("4 1\nred 1\nred 2\nbl\xFF 3\nblue 4\n");
  ASSERT_TRUE(words.ok()) << words.error().message;
  EXPECT_EQ(words->vectors.values, (std::vector<float>{1, 4}));
  EXPECT_EQ(words->skipped, 2u);
  ASSERT_EQ(logged.size(), 2u);
  EXPECT_NE(logged[0].find("v.txt:3: \"red\" comes again, skipped"), std::string::npos);
  EXPECT_NE(logged[1].find("v.txt:4: the word is not valid UTF-8, skipped"), std::string::npos);
}

TEST_F(WordVectorFiles, FindChineseByWordOrCharacter) {
  // "laptop" (3 characters) as its characters 2 and 3; "red" as a word.
  const auto words = read("\u8bb0 1\n\u672c 2\n\u7ea2\u8272 3\n");
  ASSERT_TRUE(words.ok());
  EXPECT_EQ(words->find("\u7ea2\u8272\u7b14\u8bb0\u672c"),
            (std::vector<WordVectors::Found>{{2, {0, 6}}, {0, {9, 12}}, {1, {12, 15}}}));
}

TEST_F(WordVectorFiles, AreReadAtEveryTruncationOrRefused) {
  const std::string whole = "2 2\nred 1.5 -2\nbl\u00fce 3 4e1\n";
  for (size_t n = 0; n < whole.size(); ++n) refusal(whole.substr(0, n));
}

TEST(WordVectorFile, OfTencentIsReadWhole) {
  const Path data = test_data();
  if (data.empty()) GTEST_SKIP() << no_test_data;
  const auto words = read_word_vectors(data / "wordvectors" / "zh-char-tencent-200d.vec.gz");
  ASSERT_TRUE(words.ok()) << words.error().message;
  EXPECT_EQ(words->vectors.rows, 4729u);
  EXPECT_EQ(words->vectors.cols, 200u);
}

}  // namespace
}  // namespace penchant
