// Every family against the token states that transformers' own models give
// (tests/golden/families.py).
#include <gtest/gtest.h>

#include <algorithm>

#include "base/test_folder.h"
#include "base/threads.h"
#include "encoder/golden_test.h"
#include "encoder/safetensors.h"
#include "encoder/transformer.h"
#include "math/kernels.h"

namespace penchant {
namespace {

Path family_folder(const std::string& name) {
  return Path(PENCHANT_SOURCE) / "tests" / "data" / "families" / name;
}

Safetensors tensors_of(const Path& path) {
  auto file = Safetensors::open(path);
  EXPECT_TRUE(file.ok()) << file.error().message;
  return *std::move(file);
}

struct FamilyGolden {
  TokenBatch batch;
  std::vector<float> states;  // [T, H]

  explicit FamilyGolden(const std::string& name) {
    const Safetensors file = tensors_of(family_folder(name) / "golden.safetensors");
    const auto copy = [&](const char* tensor, auto& to) {
      const std::vector<int64_t> values = *file.copy_integers(tensor);
      to.assign(values.begin(), values.end());
    };
    copy("ids", batch.ids);
    copy("types", batch.types);
    copy("begins", batch.begins);
    states = *file.copy_floats("states", file.tensors().at("states").shape);
  }
};

std::vector<std::string> family_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(family_folder("")))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

class Families : public testing::TestWithParam<std::string> {
 protected:
  Families() {
    auto read = read_model_config(family_folder(GetParam()));
    EXPECT_TRUE(read.ok()) << read.error().message;
    if (read.ok()) config = *read;
  }
  Transformer load(Precision precision) const {
    auto transformer = Transformer::load(
        tensors_of(family_folder(GetParam()) / "model.safetensors"), config, precision);
    EXPECT_TRUE(transformer.ok()) << transformer.error().message;
    return *std::move(transformer);
  }
  double worst_cosine(const Transformer& transformer) const {
    Workspace work;
    transformer.forward(golden.batch, work);
    double worst = 1;
    const size_t H = config.hidden;
    for (size_t t = 0; t < golden.batch.ids.size(); ++t) {
      const double one = cosine({work.x.data() + t * H, H}, {&golden.states[t * H], H});
      if (!(one >= worst)) worst = one;  // not a number, too
    }
    return worst;
  }

  ModelConfig config;
  FamilyGolden golden{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Each, Families, testing::ValuesIn(family_names()), [](const auto& name) {
  std::string result = name.param;
  std::replace(result.begin(), result.end(), '-', '_');
  return result;
});

TEST_P(Families, GiveTheTokenStatesOfTransformersWithEveryKernelTable) {
  for (const std::string_view table : kernel_names()) {
    set_kernels(table);
    EXPECT_GT(worst_cosine(load(Precision::fp32)), 0.999999) << table;
  }
  set_kernels(kernel_names().front());
}

TEST_P(Families, RunFastInBytesOrAsInFp32) {
  const double worst = worst_cosine(load(Precision::fast));
  EXPECT_GT(worst, why_not_packed(config).empty() ? 0.95 : 0.999999);
}

std::vector<float> states_by(const Transformer& transformer, const TokenBatch& batch, size_t hidden,
                             size_t parts) {
  ThreadPool pool(static_cast<int>(parts));
  SpinBarrier barrier(parts);
  Workspace work;
  std::vector<Scratch> scratch(parts);
  transformer.begin(batch, work);
  pool.parallel_for(parts, [&](size_t part, int worker) {
    transformer.run(batch, work, scratch[static_cast<size_t>(worker)], {part, parts, &barrier});
  });
  return {work.x.data(), work.x.data() + batch.ids.size() * hidden};
}

TEST_P(Families, GiveTheSameBitsInAnyNumberOfParts) {
  for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
    const Transformer transformer = load(precision);
    const auto whole = states_by(transformer, golden.batch, config.hidden, 1);
    for (const size_t parts : {2, 3, 7})
      EXPECT_EQ(states_by(transformer, golden.batch, config.hidden, parts), whole) << parts;
  }
}

TEST_P(Families, GiveATextTheSameBitsInEveryBatch) {
  const Transformer transformer = load(Precision::fp32);
  Workspace together, alone;
  transformer.forward(golden.batch, together);
  const size_t H = config.hidden;
  for (size_t s = 0; s + 1 < golden.batch.begins.size(); ++s) {
    const size_t begin = golden.batch.begins[s], end = golden.batch.begins[s + 1];
    const auto part = [&](const auto& all) {
      return std::vector<int32_t>(all.begin() + static_cast<ptrdiff_t>(begin),
                                  all.begin() + static_cast<ptrdiff_t>(end));
    };
    transformer.forward({part(golden.batch.ids), {0, end - begin}, part(golden.batch.types)},
                        alone);
    EXPECT_TRUE(std::equal(alone.x.data(), alone.x.data() + (end - begin) * H,
                           together.x.data() + begin * H));
  }
}

// What is wrong with a folder is told in one sentence with its place.
TEST(FamilyFolders, RefuseConfigurationsThatContradictThemselvesOrTheWeights) {
  struct Case {
    const char *family, *from, *to, *expected;
  };
  const Case cases[] = {
      {"qwen3", "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3",
       "3 key-value heads do not divide 4 attention heads"},
      {"qwen3", "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 4",
       "shape [24, 24], expected [48, 24]"},
      {"qwen3", "\"head_dim\": 12", "\"head_dim\": 11", "heads of 11 values"},
      {"qwen3", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", "layers.1."},
      {"qwen3", "\"rope_type\": \"default\"", "\"rope_type\": \"yarn\"", "rope_type \"yarn\""},
      {"qwen3", "\"silu\"", "\"mish\"", "hidden_act \"mish\""},
      {"qwen2", "\"model_type\": \"qwen2\"", "\"model_type\": \"llama\"",
       "k_proj.bias\": belongs to no part"},
      {"llama", "\"model_type\": \"llama\"", "\"model_type\": \"qwen3\"",
       "no tensor \"layers.0.self_attn.q_norm.weight\""},
      {"qwen2-window", "\"sliding_window\": 5", "\"sliding_window\": 0", "sliding_window is 0"},
      {"modernbert", "\"full_attention\",", "\"half_attention\",", "\"half_attention\""},
      {"modernbert", "\"norm_bias\": false", "\"norm_bias\": true",
       "no tensor \"embeddings.norm.bias\""},
      {"modernbert", "\"rope_theta\": 10000.0", "\"rope_theta\": -1", "rope_theta is -1"},
      {"albert", "\"embedding_size\": 16", "\"embedding_size\": 17",
       "shape [40, 16], expected [40, 17]"},
      {"albert", "\"num_hidden_groups\": 1", "\"num_hidden_groups\": 4",
       "num_hidden_groups is 4, not in 1..3"},
      {"albert-groups", "\"inner_group_num\": 2", "\"inner_group_num\": 3",
       "no tensor \"encoder.albert_layer_groups.0.albert_layers.2."},
      {"mpnet", "\"relative_attention_num_buckets\": 32", "\"relative_attention_num_buckets\": 16",
       "relative_attention_num_buckets is 16"},
      {"distilbert", "\"n_layers\": 2", "\"n_layers\": 1", "transformer.layer.1."},
      {"roberta", "\"pad_token_id\": 1", "\"pad_token_id\": 39", "leaves no room for a text"},
  };
  for (const Case& one : cases) {
    expect_refusal(
        family_folder(one.family), {"config.json", one.from, one.to, one.expected},
        [](const Path& folder) -> Result<> {
          TRY(const ModelConfig config, read_model_config(folder));
          TRY(Transformer::load(tensors_of(folder / "model.safetensors"), config, Precision::fp32));
          return {};
        });
  }
}

}  // namespace
}  // namespace penchant
