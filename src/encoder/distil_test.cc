#include "encoder/distil.h"

#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "encoder/comparison.h"
#include "math/kernels.h"
#include "text/tokenizer.h"

namespace penchant {
namespace {

const Path teacher_folder = Path(PENCHANT_SOURCE) / "tests/data/encoder/tiny-bert";

std::unique_ptr<Encoder> opened(const Path& folder) {
  auto encoder = open_encoder(folder, {.precision = Precision::fp32, .threads = 2});
  EXPECT_TRUE(encoder.ok()) << encoder.error().message;
  return *std::move(encoder);
}

// Every pair of the vocabulary's words.
std::vector<std::string> texts() {
  const auto teacher = opened(teacher_folder);
  std::vector<std::string> words, out;
  for (size_t id = 0; id < teacher->tokenizer()->vocabulary_size(); ++id) {
    const std::string word(teacher->tokenizer()->token(static_cast<int32_t>(id)));
    if (!word.starts_with('[') && !word.starts_with('#')) words.push_back(word);
  }
  for (const std::string& a : words)
    for (const std::string& b : words) out.push_back(a + " " + b);
  return out;
}

struct Made {
  StaticModel model;
  std::vector<double> cosines;  // of the epochs
};

class Observer final : public DistilObserver {
 public:
  void encoded(uint64_t, uint64_t) override {}
  void epoch(int, double mean_cosine) override { cosines.push_back(mean_cosine); }
  std::vector<double> cosines;
};

Made made(const DistilOptions& options) {
  const auto teacher = opened(teacher_folder);
  const auto lines = texts();
  const std::vector<std::string_view> views(lines.begin(), lines.end());
  const auto json = read_file(teacher_folder / "tokenizer.json", 1 << 20);
  ThreadPool pool(2);
  Made out;
  Observer observer;
  auto model = distil(*teacher, *json, views, options, pool, observer);
  EXPECT_TRUE(model.ok()) << model.error().message;
  out.model = *std::move(model);
  out.cosines = observer.cosines;
  return out;
}

TEST(Distil, FitsTheSumsToTheEncodersVectors) {
  const Made model = made({.dimensions = 16, .epochs = 30});
  ASSERT_EQ(model.cosines.size(), 30u);
  EXPECT_GT(model.cosines.back(), model.cosines.front());
  EXPECT_GT(model.cosines.back(), 0.9);
}

TEST(Distil, WritesAFolderThatEncodesAsTheModelDoesInEveryWidth) {
  const Made model = made({.dimensions = 16, .epochs = 5});
  const TestFolder folder;
  const std::string_view text[] = {"the book of the story"};
  Matrix exact;
  for (const int bits : {32, 8, 4}) {
    const Path path = folder.path() / std::to_string(bits);
    const auto written = write_static_model(model.model, bits, path);
    ASSERT_TRUE(written.ok()) << written.error().message;
    const auto encoder = opened(path);
    EXPECT_EQ(encoder->dimensions(), 16u);
    const Matrix vectors = encoder->encode(text, Purpose::plain).value();
    if (bits == 32) exact = vectors;
    EXPECT_GT(dot(vectors.row(0), exact.row(0)), bits == 4 ? 0.98 : 0.9999);
  }
  const auto again = write_static_model(model.model, 8, folder.path() / "8");
  EXPECT_EQ(again.error().message, (folder.path() / "8").string() + " exists already");
}

TEST(Distil, SaysWhatItCannotDo) {
  const auto teacher = opened(teacher_folder);
  const std::vector<std::string_view> few(10, "the book");
  ThreadPool pool(1);
  Observer observer;
  const auto refused = [&](const DistilOptions& options) {
    const auto model = distil(*teacher, "{}", few, options, pool, observer);
    return model.ok() ? "" : model.error().message;
  };
  EXPECT_EQ(refused({.dimensions = 33}), "33 dimensions: an even number of 2 to 32 is needed");
  EXPECT_EQ(refused({.dimensions = 34}), "34 dimensions: an even number of 2 to 32 is needed");
  EXPECT_EQ(refused({.dimensions = 32}), "10 texts are too few for 32 dimensions");
}

TEST(ScoredPairs, AreReadWithTheLineOfAFault) {
  const TestFolder folder;
  const Path file = folder.path() / "pairs.tsv";
  const auto read = [&](std::string_view text) {
    EXPECT_TRUE(write_file(file, text).ok());
    return read_scored_pairs(file);
  };
  const auto pairs = read("one\ttwo\t0.5\n\xE4\xB8\x80\tb\t-3\r\n");
  ASSERT_TRUE(pairs.ok()) << pairs.error().message;
  EXPECT_EQ((*pairs)[1].first, "\xE4\xB8\x80");
  EXPECT_EQ((*pairs)[1].score, -3);
  const std::string place = file.string();
  EXPECT_EQ(read("a\tb\t1\na b\n").error().message,
            place + ":2: not a text, a text and a score with tabs between");
  EXPECT_EQ(read("a\tb\tnan\n").error().message, place + ":1: the score nan is no number");
  EXPECT_EQ(read("a\tb\t1\n").error().message, place + ": fewer than two pairs");
}

}  // namespace
}  // namespace penchant
