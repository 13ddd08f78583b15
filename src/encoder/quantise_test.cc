#include "encoder/quantise.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>

#include "base/test_folder.h"
#include "encoder/encoder.h"
#include "encoder/golden_test.h"
#include "encoder/prune.h"
#include "encoder/safetensors.h"
#include "encoder/safetensors_writer.h"
#include "encoder/transformer.h"
#include "math/products.h"

namespace penchant {
namespace {

const char* const models[] = {"tiny-bert", "tiny-xlm-roberta", "tiny-half"};
const std::vector<std::string_view> texts = {"the red book", "a story of the book", "red",
                                             "something else entirely"};

std::unique_ptr<Encoder> opened(const Path& folder, Precision precision) {
  auto encoder = open_encoder(folder, {.precision = precision, .threads = 1});
  EXPECT_TRUE(encoder.ok()) << encoder.error().message;
  return *std::move(encoder);
}

std::vector<float> vectors(const Path& folder, Precision precision) {
  const auto encoder = opened(folder, precision);
  auto encoded = encoder->encode(texts, Purpose::query);
  EXPECT_TRUE(encoded.ok()) << encoded.error().message;
  return encoded->values;
}

// A quantised copy of a model in a folder of the test's.
struct Quantised {
  TestFolder folder;
  Path path = folder.path() / "bytes";

  explicit Quantised(const Path& model, const QuantiseOptions& options = {}) {
    ThreadPool pool(2);
    const auto done = quantise(model, options, pool, path);
    EXPECT_TRUE(done.ok()) << done.error().message;
  }
};

TEST(Quantise, KeepsTheVectorsOfInt8BitForBitOnEveryProcessorOfEightBits) {
  for (const char* name : models) {
    const Quantised smaller(golden_folder(name), {.words = false});
    for (const std::string_view table : product_names()) {
      set_products(table);
      if (products().weight_max < 127) continue;
      EXPECT_EQ(vectors(smaller.path, Precision::int8),
                vectors(golden_folder(name), Precision::int8))
          << name << " " << table;
    }
    set_products(product_names().front());
  }
}

TEST(Quantise, KeepsTheVectorsOfARealModelBitForBit) {
  const Path model = test_model("all-minilm-l6-v2");
  if (model.empty()) GTEST_SKIP() << "all-minilm-l6-v2 is not installed";
  if (products().weight_max < 127) GTEST_SKIP() << "this processor multiplies 7 bits";
  const Quantised smaller(model, {.words = false});
  EXPECT_EQ(vectors(smaller.path, Precision::int8), vectors(model, Precision::int8));
}

TEST(Quantise, IsCloseToTheOriginalInEveryPrecision) {
  for (const char* name : models) {
    const Quantised smaller(golden_folder(name));
    const auto exact = vectors(golden_folder(name), Precision::fp32);
    for (const std::string_view table : product_names()) {
      set_products(table);
      for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
        const auto rounded = vectors(smaller.path, precision);
        for (size_t i = 0; i < rounded.size(); i += 32)
          EXPECT_GT(cosine({&rounded[i], 32}, {&exact[i], 32}), 0.99) << name << " " << table;
      }
    }
    set_products(product_names().front());
  }
}

TEST(Quantise, RoundsMatricesOfEveryFamily) {
  const Path families = golden_folder("") / "../families";
  for (const auto& entry : std::filesystem::directory_iterator(families)) {
    const Quantised smaller(entry.path());
    const auto config = read_model_config(smaller.path);
    ASSERT_TRUE(config.ok()) << config.error().message;
    auto file = Safetensors::open(smaller.path / "model.safetensors");
    ASSERT_TRUE(file.ok()) << file.error().message;
    size_t bytes = 0;
    for (const auto& [name, tensor] : file->tensors())
      if (tensor.dtype == "I8") bytes += tensor.bytes.size();
    EXPECT_GT(bytes, 0u) << entry.path();
    const auto loaded = Transformer::load(*std::move(file), *config, Precision::int8);
    EXPECT_TRUE(loaded.ok()) << loaded.error().message;
  }
}

TEST(Quantise, CanBePrunedAfterwards) {
  const Quantised smaller(golden_folder("tiny-bert"));
  ThreadPool pool(1);
  const Path pruned = smaller.folder.path() / "pruned";
  const auto done = prune(smaller.path, texts, {.prompts = {}, .layers = {}}, pool, pruned);
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(vectors(pruned, Precision::int8), vectors(smaller.path, Precision::int8));
}

TEST(Quantise, RefusesWhatItCannotDo) {
  const Quantised smaller(golden_folder("tiny-bert"));
  ThreadPool pool(1);
  const auto refused = [&](const Path& model, const char* out) {
    const auto done = quantise(model, {}, pool, smaller.folder.path() / out);
    return done.ok() ? "" : done.error().message;
  };
  EXPECT_NE(refused(smaller.path, "again").find("is in bytes already"), std::string::npos);
  EXPECT_NE(refused(golden_folder("tiny-bert"), "bytes").find("exists already"), std::string::npos);
  EXPECT_EQ(refused(golden_folder("tiny-model2vec"), "other"),
            golden_folder("tiny-model2vec").string() +
                " has static vectors: only a transformer has matrices to round");
  EXPECT_FALSE(std::filesystem::exists(smaller.folder.path() / "again"));
}

// ---- files that are wrong ----

struct OwnedTensor {
  std::string dtype;
  std::vector<size_t> shape;
  std::string bytes;
};

class WrongQuantised : public testing::Test {
 protected:
  WrongQuantised() {
    const auto file = Safetensors::open(smaller_.path / "model.safetensors");
    for (const auto& [name, tensor] : file->tensors())
      tensors[name] = {
          tensor.dtype, tensor.shape,
          std::string(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size())};
  }
  // Without the path of the file.
  std::string refusal() {
    std::vector<NamedBytes> named;
    for (const auto& [name, tensor] : tensors)
      named.push_back(
          {name,
           tensor.dtype,
           tensor.shape,
           {reinterpret_cast<const uint8_t*>(tensor.bytes.data()), tensor.bytes.size()}});
    const Path file = smaller_.path / "model.safetensors";
    EXPECT_TRUE(write_file(file, safetensors_file(named)).ok());
    const auto encoder = open_encoder(smaller_.path, {.threads = 1});
    if (encoder.ok()) return "accepted";
    const std::string& message = encoder.error().message;
    EXPECT_TRUE(message.starts_with(file.string() + ": ")) << message;
    return message.substr(file.string().size() + 2);
  }
  void set_scale(const std::string& name, size_t at, float value) {
    std::memcpy(tensors.at(name).bytes.data() + at * sizeof value, &value, sizeof value);
  }

  const std::string query = "bert.encoder.layer.0.attention.self.query.weight";
  const std::string factors = "bert.encoder.layer.0.attention.self.query.pre_quant_scale";
  const std::string words = "bert.embeddings.word_embeddings.weight";
  std::map<std::string, OwnedTensor> tensors;

 private:
  Quantised smaller_{golden_folder("tiny-bert")};
};

TEST_F(WrongQuantised, IsReadAgainAsItWasWritten) { EXPECT_EQ(refusal(), "accepted"); }

TEST_F(WrongQuantised, NeedsTheScalesOfItsBytes) {
  tensors.erase(query + "_scale");
  EXPECT_EQ(refusal(), "tensor \"" + query + "\": bytes without their scales, a tensor \"" + query +
                           "_scale\"");
}

TEST_F(WrongQuantised, NeedsAScaleForEachRow) {
  OwnedTensor& scales = tensors.at(words + "_scale");
  scales.shape = {39};
  scales.bytes.resize(39 * 4);
  EXPECT_EQ(refusal(), "tensor \"" + words + "_scale\": shape [39], expected [40]");
}

TEST_F(WrongQuantised, NeedsScalesThatAreNumbers) {
  set_scale(query + "_scale", 3, NAN);
  EXPECT_EQ(refusal(), "tensor \"" + query + "_scale\": value 3 is nan");
}

TEST_F(WrongQuantised, NeedsScalesThatAreNotNegative) {
  set_scale(words + "_scale", 7, -0.5f);
  EXPECT_EQ(refusal(),
            "tensor \"" + words + "_scale\": value 7 is -0.5, not a scale of 0 to 2.6584558e+36");
}

TEST_F(WrongQuantised, NeedsScalesThatLeaveWeightsFinite) {
  set_scale(query + "_scale", 0, 1e38f);
  EXPECT_EQ(refusal(),
            "tensor \"" + query + "_scale\": value 0 is 1e+38, not a scale of 0 to 2.6584558e+36");
}

TEST_F(WrongQuantised, NeedsFactorsAboveZeroThatLeaveWeightsFinite) {
  for (const float value : {0.0f, -1.0f, 3e38f}) {
    set_scale(factors, 2, value);
    EXPECT_EQ(refusal(), fmt::format("tensor \"{}\": value 2 is {}, not a factor above 0 that "
                                     "leaves weights finite",
                                     factors, value));
  }
}

TEST_F(WrongQuantised, NeedsTheSameFactorsForQueriesKeysAndValues) {
  set_scale(factors, 2, 7);
  EXPECT_EQ(refusal(),
            "tensor \"bert.encoder.layer.0.attention.self.key.weight\": other factors than those "
            "of \"attention.self.query\"");
}

TEST_F(WrongQuantised, NeedsNoFactorsBehindAnActivation) {
  tensors["bert.encoder.layer.0.output.dense.pre_quant_scale"] = {
      "F32", {64}, std::string(64 * 4, '\1')};
  EXPECT_EQ(refusal(),
            "tensor \"bert.encoder.layer.0.output.dense.pre_quant_scale\": belongs to no part of "
            "this model of 2 layers");
}

TEST_F(WrongQuantised, NeedsNoScalesOfFloats) {
  OwnedTensor& matrix = tensors.at(query);
  matrix.dtype = "F32";
  matrix.bytes.assign(32 * 32 * 4, '\0');
  EXPECT_NE(refusal().find("belongs to no part of this model of 2 layers"), std::string::npos);
}

TEST_F(WrongQuantised, TakesPartsInFloatsAmongBytes) {
  OwnedTensor& matrix = tensors.at(query);
  matrix.dtype = "F32";
  matrix.bytes.assign(32 * 32 * 4, '\0');
  tensors.erase(query + "_scale");
  tensors.erase(factors);
  EXPECT_EQ(refusal(), "accepted");
}

TEST_F(WrongQuantised, IsNotAnotherModels) {
  OwnedTensor& matrix = tensors.at(words);
  matrix.shape = {41, 32};
  matrix.bytes.resize(41 * 32);
  EXPECT_EQ(refusal(), "tensor \"" + words + "\": shape [41, 32], expected [40, 32]");
}

TEST(QuantisedConfig, IsOfTheKindThatIsKnown) {
  const Quantised smaller(golden_folder("tiny-bert"));
  const Path path = smaller.path / "config.json";
  const std::string text = *read_file(path, 1 << 20);
  const auto refusal = [&](std::string_view from, std::string_view to) {
    std::string changed = text;
    const size_t at = changed.find(from);
    EXPECT_NE(at, std::string::npos);
    EXPECT_TRUE(write_file(path, changed.replace(at, from.size(), to)).ok());
    const auto encoder = open_encoder(smaller.path, {.threads = 1});
    return encoder.ok() ? "" : encoder.error().message.substr(path.string().size() + 2);
  };
  EXPECT_EQ(refusal("\"penchant\"", "\"gptq\""),
            "quantization_config: quant_method \"gptq\" is not supported, only \"penchant\"");
  EXPECT_EQ(refusal("\"version\":1", "\"version\":2"),
            "quantization_config: version is 2, not in 1..1");
}

}  // namespace
}  // namespace penchant
