// Models of GGUF files against transformers and the package tokenizers
// (tests/golden/gguf_models.py).
#include "encoder/gguf_model.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "encoder/encoder.h"
#include "encoder/gguf_bytes_test.h"
#include "encoder/golden_test.h"
#include "encoder/models.h"
#include "encoder/tokenise.h"

namespace penchant {
namespace {

namespace fs = std::filesystem;

const char* const models[] = {"gguf-llama", "gguf-llama-biased", "gguf-qwen2", "gguf-qwen3"};

Path file_of(const std::string& name) { return golden_folder(name) / "model.gguf"; }

void expect_golden(const Path& model, const std::string& name, double least) {
  const auto opened = open_encoder(model, {.precision = Precision::fp32, .threads = 2});
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  Encoder& encoder = **opened;
  for (const GoldenCase& golden : golden_cases(name)) {
    EXPECT_EQ(*encoder.tokenizer()->encode_ids(golden.text), golden.ids) << golden.text;
    const std::string_view text = golden.text;
    const auto vectors = encoder.encode({&text, 1}, Purpose::plain);
    ASSERT_TRUE(vectors.ok()) << vectors.error().message;
    EXPECT_GT(cosine(vectors->row(0), golden.vector), least) << name << ": " << golden.text;
  }
}

TEST(GgufModel, GivesTheIdsAndVectorsOfTransformers) {
  for (const char* name : models) expect_golden(file_of(name), name, 0.999999);
}

TEST(GgufModel, OfARealModelGivesTheIdsAndVectorsOfTransformers) {
  const Path model = test_model("smollm2-135m-instruct");
  if (model.empty()) GTEST_SKIP() << "smollm2-135m-instruct is not installed";
  expect_golden(model, "smollm2", 0.99999);
}

TEST(GgufModel, OpensFromItsFolderAndUnderAnyName) {
  const TestFolder folder;
  fs::create_directory(folder.path() / "m");
  fs::copy(file_of("gguf-llama"), folder.path() / "m/any.gguf");
  fs::copy(file_of("gguf-llama"), folder.path() / "plain");
  const auto in_folder = open_encoder(folder.path() / "m", {.threads = 1});
  ASSERT_TRUE(in_folder.ok()) << in_folder.error().message;
  EXPECT_EQ((*in_folder)->name(), "m");
  EXPECT_EQ((*in_folder)->max_tokens(), 128u);
  EXPECT_EQ((*in_folder)->dimensions(), 32u);
  EXPECT_TRUE(open_encoder(folder.path() / "plain", {.threads = 1}).ok());
  EXPECT_TRUE(open_tokenizer(folder.path() / "m").ok());
  fs::copy(file_of("gguf-llama"), folder.path() / "m/other.gguf");
  EXPECT_EQ(open_encoder(folder.path() / "m", {}).error().message,
            (folder.path() / "m").string() + ": holds several GGUF files; name one of them");
}

TEST(GgufModel, IsDescribedByItsMetadata) {
  const auto file = describe_model(file_of("gguf-qwen2"));
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(file->name, "model.gguf");
  EXPECT_EQ(file->family, "qwen2");
  EXPECT_EQ(file->dimensions, 32u);
  EXPECT_EQ(file->max_tokens, 128u);
  EXPECT_EQ(file->fast, "fp32: positions are rotary");

  const TestFolder folder;
  const Path model = folder.path() / "mine";
  fs::create_directory(model);
  fs::copy(file_of("gguf-llama"), model / "x.gguf");
  ASSERT_TRUE(
      write_file(model / "penchant.json",
                 R"({"package": "p", "version": "1", "licence": "MIT", "languages": ["fr"]})")
          .ok());
  const auto installed = installed_models(folder.path());
  EXPECT_EQ(installed[0].name, "mine");
  EXPECT_EQ(installed[0].problem, "");
  EXPECT_EQ(installed[0].family, "llama");
  EXPECT_EQ(installed[0].licence, "MIT");
  EXPECT_EQ(installed[0].origin, "p 1");
}

// The golden vocabulary, with what else a tokenizer needs.
struct Vocabulary {
  const Result<Gguf> file = Gguf::open(file_of("gguf-llama"));
  std::vector<std::string_view> tokens = **file->texts("tokenizer.ggml.tokens");
  std::vector<int64_t> types = **file->integers("tokenizer.ggml.token_type");
  std::vector<std::string_view> merges = **file->texts("tokenizer.ggml.merges");

  GgufBytes bytes(const char* pre) const {
    return GgufBytes()
        .text("general.architecture", "llama")
        .text("tokenizer.ggml.model", "gpt2")
        .text("tokenizer.ggml.pre", pre)
        .texts("tokenizer.ggml.tokens", tokens)
        .integers("tokenizer.ggml.token_type", types)
        .texts("tokenizer.ggml.merges", merges);
  }
};

Result<std::string> tokenizer_json(const GgufBytes& made) {
  const std::string bytes = made.file();
  TRY(const GgufModel model,
      GgufModel::parse({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, "file"));
  TRY(auto text, model.read("tokenizer.json"));
  return text.value();
}

std::string refused_tokenizer(const GgufBytes& made) {
  const auto text = tokenizer_json(made);
  return text.ok() ? "accepted" : text.error().message;
}

TEST(GgufModel, CutsWordsAsItsFileNamesThem) {
  const Vocabulary vocabulary;
  const Path path = Path(PENCHANT_SOURCE) / "tests/data/gguf/words.json";
  const json::value golden = *parse_json(*read_file(path, 1 << 20), path.string());
  EXPECT_EQ(golden.as_object().size(), 7u);
  for (const auto& [pre, cases] : golden.as_object()) {
    const auto text = tokenizer_json(vocabulary.bytes(std::string(pre).c_str())
                                         .value("tokenizer.ggml.add_bos_token", 7, {"\0", 1}));
    ASSERT_TRUE(text.ok()) << text.error().message;
    const auto tokenizer = Tokenizer::parse(*text, "file");
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
    for (const json::value& one : cases.as_array()) {
      std::vector<int32_t> ids;
      for (const json::value& id : one.at("ids").as_array()) ids.push_back(id.to_number<int32_t>());
      EXPECT_EQ(*tokenizer->encode_ids(std::string(one.at("text").as_string())), ids)
          << std::string(pre) << ": " << std::string(one.at("text").as_string());
    }
  }
}

TEST(GgufModel, RefusesTokenizersThatItDoesNotKnowByName) {
  Vocabulary vocabulary;
  const size_t size = vocabulary.tokens.size();
  EXPECT_EQ(refused_tokenizer(vocabulary.bytes("gpt-2")), "accepted");
  EXPECT_EQ(
      refused_tokenizer(vocabulary.bytes("gpt-3")),
      "file: tokenizer.ggml.pre \"gpt-3\" is not known, only gpt-2, smollm, llama-bpe, llama3, "
      "llama-v3, qwen2, default");
  EXPECT_EQ(
      refused_tokenizer(
          GgufBytes().text("general.architecture", "llama").text("tokenizer.ggml.model", "bert")),
      "file: tokenizer.ggml.model \"bert\" is not supported, only \"gpt2\"");
  EXPECT_EQ(
      refused_tokenizer(vocabulary.bytes("llama-bpe")),
      "file: has no tokenizer.ggml.bos_token_id, which tokenizer.ggml.add_bos_token asks for");
  EXPECT_EQ(
      refused_tokenizer(vocabulary.bytes("gpt-2")
                            .value("tokenizer.ggml.add_eos_token", 7, "\x01")
                            .u32("tokenizer.ggml.eos_token_id", 100'000)),
      fmt::format("file: tokenizer.ggml.eos_token_id is 100000, not below the {} tokens", size));
  vocabulary.types.pop_back();
  EXPECT_EQ(
      refused_tokenizer(vocabulary.bytes("gpt-2")),
      fmt::format("file: tokenizer.ggml.token_type has {} entries for {} tokens", size - 1, size));
  vocabulary.types.push_back(1);
  vocabulary.tokens.back() = vocabulary.tokens.front();
  EXPECT_EQ(refused_tokenizer(vocabulary.bytes("gpt-2")),
            fmt::format("file: tokens 0 and {} are both \"<|endoftext|>\"", size - 1));
}

// What is wrong with a model is told in one sentence with its place.
TEST(GgufModel, RefusesWhatItDoesNotRun) {
  const auto message = [](const GgufBytes& made) {
    const std::string bytes = made.file();
    auto model =
        GgufModel::parse({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, "file");
    if (!model.ok()) return model.error().message;
    const auto config = parse_model_config(*model, "file");
    if (!config.ok()) return config.error().message;
    const auto tensors = std::move(*model).take_tensors();
    return tensors.ok() ? std::string("accepted") : tensors.error().message;
  };
  const auto llama = [](uint32_t heads = 2) {
    return GgufBytes()
        .text("general.architecture", "llama")
        .u32("llama.embedding_length", 8)
        .u32("llama.block_count", 1)
        .u32("llama.attention.head_count", heads)
        .u32("llama.feed_forward_length", 16)
        .u32("llama.context_length", 32)
        .tensor("token_embd.weight", {8, 5}, 0, std::string(160, '\0'));
  };
  const std::string eight(8 * 4, '\0');
  struct Case {
    GgufBytes bytes;
    const char* expected;
  };
  const Case cases[] = {
      {llama(), "accepted"},
      {llama().u32("llama.pooling_type", 1), "accepted"},
      {GgufBytes().text("general.architecture", "clip"),
       "file: general.architecture \"clip\" is not supported; llama, qwen2 and qwen3 are"},
      {GgufBytes(), "file: general.architecture \"\" is not supported"},
      {llama().u32("split.count", 3), "file: one of 3 files of a model"},
      {GgufBytes().text("general.architecture", "llama"), "file: no word vectors"},
      {GgufBytes()
           .text("general.architecture", "llama")
           .tensor("token_embd.weight", {8, 1}, 0, eight),
       "file: has no llama.embedding_length"},
      {llama(0), "file: no attention heads"},
      {llama(9), "file/config.json: num_attention_heads is 9, not in 1..8"},
      {llama(8), "file/config.json: heads of 1 values cannot be turned in pairs"},
      {llama().u32("llama.rope.dimension_count", 2),
       "file: llama.rope.dimension_count is 2, but heads have 4 values"},
      {llama().u32("llama.attention.value_length", 5), "llama.attention.value_length is 5"},
      {llama().text("llama.rope.scaling.type", "yarn"),
       "file: llama.rope.scaling.type \"yarn\" is not supported, only \"none\""},
      {llama().u32("llama.expert_count", 8), "file: llama.expert_count 8 is not supported, only 0"},
      {llama().u32("llama.pooling_type", 4), "file: llama.pooling_type 4 is not supported, only 0"},
      {llama().value("llama.attention.causal", 7, {"\0", 1}), "is_causal"},
      {llama().value("llama.rope.freq_base", 6, raw(NAN)),
       "llama.rope.freq_base is not a finite number"},
      {llama().tensor("rope_freqs.weight", {8}, 0, eight),
       "file: tensor \"rope_freqs.weight\": belongs to no part of a llama model that is supported"},
      {llama().tensor("blk.0.attn_q.scale", {8}, 0, eight), "belongs to no part"},
      {llama().tensor("blk.0.attn_q.weight", {1, 6}, 0, std::string(24, '\0')),
       "shape [6, 1] is not of heads of 4 values in pairs"},
      {llama().tensor("blk.0.attn_k.bias", {8}, 0, eight), "accepted"},
  };
  for (const Case& one : cases) {
    const std::string said = message(one.bytes);
    EXPECT_NE(said.find(one.expected), std::string::npos) << one.expected << ": " << said;
  }
}

TEST(GgufModel, TruncatedAnywhereIsASentenceAndNoMore) {
  const TestFolder folder;
  const Path copy = folder.path() / "m.gguf";
  const std::string whole = *read_file(file_of("gguf-qwen3"), 1 << 20);
  for (size_t n = 0; n < whole.size(); n += n < 64 ? 1 : 997) {
    ASSERT_TRUE(write_file(copy, whole.substr(0, n)).ok());
    const auto opened = open_encoder(copy, {.threads = 1});
    ASSERT_FALSE(opened.ok()) << n;
    EXPECT_NE(opened.error().message.find(copy.string()), std::string::npos);
  }
}

}  // namespace
}  // namespace penchant
