#include "encoder/prune.h"

#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "encoder/encoder.h"
#include "math/kernels.h"
#include "text/tokenizer.h"

namespace penchant {
namespace {

const Path models = Path(PENCHANT_SOURCE) / "tests/data/encoder";
const std::vector<std::string_view> texts = {"the red book", "a story of the book"};

std::unique_ptr<Encoder> opened(const Path& folder) {
  auto encoder = open_encoder(folder, {.precision = Precision::fp32, .threads = 1});
  EXPECT_TRUE(encoder.ok()) << encoder.error().message;
  return *std::move(encoder);
}

TEST(Prune, TextsOfKeptTokensKeepTheirVectorsBitForBit) {
  ThreadPool pool(1);
  for (const char* name : {"tiny-bert", "tiny-xlm-roberta", "tiny-half"}) {
    const TestFolder folder;
    const Path out = folder.path() / "smaller";
    const auto whole = opened(models / name);
    const PruneOptions options = {
        .prompts = {whole->prompt(Purpose::query), whole->prompt(Purpose::passage)}, .layers = {}};
    const auto done = prune(models / name, texts, options, pool, out);
    ASSERT_TRUE(done.ok()) << done.error().message;
    const auto part = opened(out);
    EXPECT_LT(part->tokenizer()->vocabulary_size(), whole->tokenizer()->vocabulary_size()) << name;
    for (const Purpose purpose : {Purpose::plain, Purpose::query, Purpose::passage})
      EXPECT_EQ(part->encode(texts, purpose)->values, whole->encode(texts, purpose)->values)
          << name;
    const std::string_view other[] = {"something else entirely"};
    EXPECT_TRUE(part->encode(other, Purpose::plain).ok());
  }
}

TEST(Prune, LeavesOutLayersFromTheTop) {
  const TestFolder folder;
  ThreadPool pool(1);
  const Path out = folder.path() / "one";
  ASSERT_TRUE(
      prune(models / "tiny-bert", texts, {.least_count = 0, .prompts = {}, .layers = 1}, pool, out)
          .ok());
  const auto whole = opened(models / "tiny-bert"), part = opened(out);
  EXPECT_EQ(part->tokenizer()->vocabulary_size(), whole->tokenizer()->vocabulary_size());
  EXPECT_NE(part->encode(texts, Purpose::plain)->values,
            whole->encode(texts, Purpose::plain)->values);
}

TEST(Prune, RefusesWhatItCannotDo) {
  const TestFolder folder;
  ThreadPool pool(1);
  const auto refused = [&](const char* name, const PruneOptions& options) {
    const auto done = prune(models / name, texts, options, pool, folder.path() / "out");
    return done.ok() ? "" : done.error().message;
  };
  EXPECT_EQ(refused("tiny-bert", {.prompts = {}, .layers = 3}),
            "3 layers to keep, but the model has 2");
  EXPECT_EQ(refused("tiny-model2vec", {.prompts = {}, .layers = {}}),
            "model.safetensors has no tensor ...word_embeddings.weight: only families that call "
            "the table of tokens so can be pruned");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "out"));
}

}  // namespace
}  // namespace penchant
