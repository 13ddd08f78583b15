// Dense and Normalize modules and truncate_dim of sentence-transformers' folders, against
// tests/golden/encoder.py.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/test_folder.h"
#include "encoder/encoder.h"
#include "encoder/golden_test.h"
#include "math/kernels.h"

namespace penchant {
namespace {

std::unique_ptr<Encoder> open(const Path& path) {
  auto encoder = open_encoder(path, {.precision = Precision::fp32, .threads = 2});
  EXPECT_TRUE(encoder.ok()) << encoder.error().message;
  return *std::move(encoder);
}

void expect_near(std::span<const float> vector, const std::vector<float>& expected) {
  ASSERT_EQ(vector.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(vector[i], expected[i], 1e-5);
}

TEST(VectorModules, GiveTheVectorsOfTheReferenceWithEveryKernelTable) {
  for (const std::string_view table : kernel_names()) {
    set_kernels(table);
    const auto encoder = open(golden_folder("tiny-dense"));
    EXPECT_EQ(encoder->dimensions(), 12u);  // truncate_dim
    for (const GoldenCase& golden : golden_cases("tiny-dense")) {
      const std::string_view text = golden.text;
      const auto vectors = encoder->encode({&text, 1}, Purpose::plain);
      ASSERT_TRUE(vectors.ok()) << vectors.error().message;
      expect_near(vectors->row(0), golden.vector);
    }
  }
  set_kernels(kernel_names().front());
}

TEST(VectorModules, GiveAllNumbersWithoutTruncateDim) {
  const TestFolder folder;
  const Path model = folder.path() / "model";
  std::filesystem::copy(golden_folder("tiny-dense"), model,
                        std::filesystem::copy_options::recursive);
  std::filesystem::remove(model / "config_sentence_transformers.json");
  const auto encoder = open(model);
  EXPECT_EQ(encoder->dimensions(), 16u);
  for (const GoldenCase& golden : golden_cases("tiny-dense")) {
    const std::string_view text = golden.text;
    const auto vectors = encoder->encode({&text, 1}, Purpose::plain);
    ASSERT_TRUE(vectors.ok()) << vectors.error().message;
    expect_near(vectors->row(0), golden.whole);
  }
}

TEST(VectorModules, GiveVectorsAsLongAsTheyAreWhenAsked) {
  const auto encoder = open(golden_folder("tiny-dense"));
  for (const GoldenCase& golden : golden_cases("tiny-dense")) {
    const TokenSequence text{golden.ids};
    const auto vectors = encoder->run({&text, 1});
    ASSERT_TRUE(vectors.ok()) << vectors.error().message;
    expect_near(vectors->row(0), golden.raw);
  }
}

TEST(VectorModules, RefuseWhatDoesNotFitTheModelOrTheWeights) {
  const Damage cases[] = {
      {"2_Dense/config.json", "\"in_features\": 32", "\"in_features\": 31",
       "in_features is 31, but what comes in has 32 numbers"},
      {"4_Dense/config.json", "\"in_features\": 24", "\"in_features\": 32",
       "in_features is 32, but what comes in has 24 numbers"},
      {"2_Dense/config.json", "\"out_features\": 24", "\"out_features\": 5000",
       "out_features is 5000"},
      {"8_Dense/config.json", "\"out_features\": 16", "\"out_features\": 13",
       "\"linear.weight\": shape [16, 28], expected [13, 28]"},
      {"8_Dense/config.json", "\"out_features\": 16", "\"out_features\": 11",
       "truncate_dim is 12, not in 1..11"},
      {"8_Dense/config.json", "\"bias\": true", "\"bias\": false",
       "\"linear.bias\": belongs to no part of this module"},
      {"5_Dense/config.json", "\"bias\": false", "\"bias\": true", "no tensor \"linear.bias\""},
      {"4_Dense/config.json", "activation.Tanh", "activation.Mish", "activation_function"},
      {"4_Dense/config.json", "\"bias\": true", "\"bias\": true, \"use_residual\": true",
       "use_residual true is not supported"},
      {"modules.json", "2_Dense", "../Dense", "leaves the folder"},
      {"modules.json",
       "\"path\": \"3_Normalize\",\n  \"type\": \"sentence_transformers.models.Normalize\"",
       "\"path\": \"1_Pooling\",\n  \"type\": \"sentence_transformers.models.Pooling\"",
       "a Pooling behind a Dense"},
  };
  for (const Damage& one : cases)
    expect_refusal(golden_folder("tiny-dense"), one, [](const Path& folder) -> Result<> {
      TRY(open_encoder(folder, {.threads = 1}));
      return {};
    });
}

}  // namespace
}  // namespace penchant
