// Prompts that are not pooled, against sentence-transformers (tests/golden/prompts.py).
#include <gtest/gtest.h>

#include <filesystem>

#include "base/test_folder.h"
#include "encoder/encoder.h"
#include "encoder/golden_test.h"
#include "math/kernels.h"

namespace penchant {
namespace {

// A copy of a folder of tests/data with some files of its own.
struct PromptModel {
  TestFolder folder;
  Path path = folder.path() / "model";

  explicit PromptModel(const json::value& entry) {
    const Path data = Path(PENCHANT_SOURCE) / "tests" / "data";
    std::filesystem::copy(data / std::string(entry.at("model").as_string()), path,
                          std::filesystem::copy_options::recursive);
    for (const auto& file : entry.at("files").as_object()) {
      const Path name = path / std::string(file.key());
      std::filesystem::create_directories(name.parent_path());
      EXPECT_TRUE(write_file(name, to_text(file.value())).ok());
    }
  }
};

Purpose purpose_of(const json::value& one) {
  const std::string_view name = one.at("purpose").as_string();
  if (name == "query") return Purpose::query;
  return name == "passage" ? Purpose::passage : Purpose::plain;
}

TEST(Prompts, AreLeftOutOfThePoolingAsSentenceTransformersDoes) {
  const Path path = Path(PENCHANT_SOURCE) / "tests" / "data" / "prompts" / "golden.json";
  const auto root = parse_json(*read_file(path, 1 << 20), path.string());
  ASSERT_TRUE(root.ok()) << root.error().message;
  for (const json::value& entry : root->as_array()) {
    const PromptModel model(entry);
    const auto opened = open_encoder(model.path, {.precision = Precision::fp32, .threads = 2});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    Encoder& encoder = **opened;
    const std::string mode = to_text(entry.at("files").at("1_Pooling/config.json"));
    for (const json::value& one : entry.at("cases").as_array()) {
      const std::string_view text = one.at("text").as_string();
      const Purpose purpose = purpose_of(one);
      const auto read = encoder.read(text, purpose);
      ASSERT_TRUE(read.ok()) << read.error().message;
      const TokenSequence sequence = read->sequence();
      Matrix vector = *encoder.run({&sequence, 1});
      const json::array& expected = one.at("vector").as_array();
      ASSERT_EQ(vector.values.size(), expected.size());
      for (size_t i = 0; i < expected.size(); ++i)
        EXPECT_NEAR(vector.values[i], expected[i].to_number<double>(), 1e-5) << mode << text;
      normalise(vector.row(0));
      EXPECT_EQ(vector.values, encoder.encode({&text, 1}, purpose)->values) << mode << text;
    }
  }
}

}  // namespace
}  // namespace penchant
