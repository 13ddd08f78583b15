#include "encoder/transformer.h"

#include <gtest/gtest.h>

#include "encoder/golden_test.h"
#include "encoder/pooling.h"
#include "encoder/safetensors.h"
#include "math/kernels.h"

namespace penchant {
namespace {

struct Loaded {
  ModelConfig config;
  Transformer transformer;
};

Loaded load(const std::string& name, Precision precision) {
  auto config = read_model_config(golden_folder(name));
  EXPECT_TRUE(config.ok()) << config.error().message;
  auto file = Safetensors::open(golden_folder(name) / "model.safetensors");
  EXPECT_TRUE(file.ok()) << file.error().message;
  auto transformer = Transformer::load(std::move(*file), *config, precision);
  EXPECT_TRUE(transformer.ok()) << transformer.error().message;
  return {*config, std::move(*transformer)};
}

std::vector<std::vector<float>> vectors(const Loaded& model,
                                        std::span<const std::vector<int32_t>> texts) {
  TokenBatch batch{{}, {0}};
  for (const auto& ids : texts) {
    batch.ids.insert(batch.ids.end(), ids.begin(), ids.end());
    batch.begins.push_back(batch.ids.size());
  }
  Workspace work;
  model.transformer.forward(batch, work);
  std::vector<std::vector<float>> result;
  const size_t H = model.config.hidden;
  for (size_t s = 0; s < texts.size(); ++s) {
    result.emplace_back(H);
    pool(model.config.pooling, {work.x.data() + batch.begins[s] * H, texts[s].size() * H}, 0,
         result.back());
    normalise(result.back());
  }
  return result;
}

const char* const models[] = {"tiny-bert", "tiny-xlm-roberta", "tiny-half"};

TEST(Transformer, GivesTheVectorsOfTheReferenceWithEveryKernelTable) {
  for (const std::string_view table : kernel_names()) {
    set_kernels(table);
    for (const char* name : models) {
      const Loaded model = load(name, Precision::fp32);
      for (const GoldenCase& golden : golden_cases(name)) {
        const auto vector = vectors(model, std::span(&golden.ids, 1))[0];
        ASSERT_EQ(vector.size(), golden.vector.size());
        for (size_t i = 0; i < vector.size(); ++i)
          EXPECT_NEAR(vector[i], golden.vector[i], 3e-6) << table << " " << name << golden.text;
      }
    }
  }
  set_kernels(kernel_names().front());
}

TEST(Transformer, GivesATextTheSameBitsInEveryBatch) {
  for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
    const Loaded model = load("tiny-bert", precision);
    std::vector<std::vector<int32_t>> texts;
    for (const GoldenCase& golden : golden_cases("tiny-bert")) texts.push_back(golden.ids);
    const auto together = vectors(model, texts);
    for (size_t i = 0; i < texts.size(); ++i)
      EXPECT_EQ(vectors(model, std::span(texts).subspan(i, 1))[0], together[i]);
    std::reverse(texts.begin(), texts.end());
    auto reversed = vectors(model, texts);
    std::reverse(reversed.begin(), reversed.end());
    EXPECT_EQ(reversed, together);
  }
}

}  // namespace
}  // namespace penchant
