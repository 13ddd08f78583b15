// Every family against the token states that transformers' own models give
// (tests/golden/families.py).
#include <gtest/gtest.h>

#include <algorithm>

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

}  // namespace
}  // namespace penchant
