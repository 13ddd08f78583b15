#include "encoder/models.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/test_folder.h"
#include "encoder/built_in.h"

namespace penchant {
namespace {

namespace fs = std::filesystem;

void write(const Path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

// A folder with everything that is looked at, but no real weights.
void write_model(const Path& folder) {
  write(folder / "config.json",
        R"({"model_type": "bert", "hidden_size": 384, "max_position_embeddings": 512})");
  write(folder / "sentence_bert_config.json", R"({"max_seq_length": 256})");
  write(folder / "tokenizer.json", "{}");
  write(folder / "model.safetensors", "12345");
}

// The installed ones, which come before the built-in one.
std::vector<ModelInfo> models_in(const Path& folder) {
  auto models = installed_models(folder);
  EXPECT_EQ(models.back().path, built_in_path());
  models.pop_back();
  return models;
}

TEST(Models, FolderIsDescribedByItsOwnFiles) {
  const TestFolder folder;
  write_model(folder.path() / "mine");
  write(folder.path() / "mine/README.md", "---\nlicense: mit\nlanguage:\n- en\n- zh\n---\n# x\n");
  const auto info = describe_model(folder.path() / "mine");
  ASSERT_TRUE(info.ok()) << info.error().message;
  EXPECT_EQ((*info).name, "mine");
  EXPECT_EQ((*info).family, "bert");
  EXPECT_EQ((*info).dimensions, 384);
  EXPECT_EQ((*info).max_tokens, 256);
  EXPECT_EQ((*info).languages, (std::vector<std::string>{"en", "zh"}));
  EXPECT_EQ((*info).licence, "mit");
  ASSERT_EQ((*info).files.size(), 5);
  EXPECT_EQ((*info).files[0].name, "README.md");
  EXPECT_EQ((*info).files[2].name, "model.safetensors");
  EXPECT_EQ((*info).files[2].bytes, 5);
}

TEST(Models, WhatRunsInBytesIsToldFromTheConfiguration) {
  const TestFolder folder;
  write_model(folder.path() / "mine");
  EXPECT_EQ(describe_model(folder.path() / "mine")->fast, "");  // not enough to tell
  const Path data = Path(PENCHANT_SOURCE) / "tests/data/families";
  for (const auto& [name, fast] : {std::pair("bert", "int8"), std::pair("distilbert", "int8"),
                                   std::pair("qwen3", "fp32: positions are rotary"),
                                   std::pair("bert-relu", "fp32: the activation is not gelu")}) {
    write_model(folder.path() / name);
    fs::copy(data / name / "config.json", folder.path() / name / "config.json",
             fs::copy_options::overwrite_existing);
    EXPECT_EQ(describe_model(folder.path() / name)->fast, fast) << name;
  }
}

TEST(Models, LanguageOfTheModelCardMayStandOnOneLine) {
  const TestFolder folder;
  write_model(folder.path() / "a");
  write(folder.path() / "a/README.md", "---\nlanguage: \"en\"\n---\n");
  write_model(folder.path() / "b");
  write(folder.path() / "b/README.md", "---\nlanguage: [en, zh]\n---\n");
  write_model(folder.path() / "c");
  write(folder.path() / "c/README.md", "language: en\n");  // no front matter
  const auto models = models_in(folder.path());
  ASSERT_EQ(models.size(), 3);
  EXPECT_EQ(models[0].languages, std::vector<std::string>{"en"});
  EXPECT_EQ(models[1].languages, (std::vector<std::string>{"en", "zh"}));
  EXPECT_TRUE(models[2].languages.empty());
}

TEST(Models, RecipeThatBroughtAModelDescribesIt) {
  const TestFolder folder;
  write_model(folder.path() / "m");
  write(folder.path() / "m/penchant.json",
        R"({"package": "p", "version": "1", "licence": "MIT", "languages": ["fr"]})");
  const auto info = describe_model(folder.path() / "m");
  ASSERT_TRUE(info.ok()) << info.error().message;
  EXPECT_EQ((*info).origin, "p 1");
  EXPECT_EQ((*info).languages, std::vector<std::string>{"fr"});
}

TEST(Models, BrokenModelIsListedWithItsProblem) {
  const TestFolder folder;
  write(folder.path() / "empty/x", "");
  write(folder.path() / "half/config.json", R"({"model_type": )");
  write_model(folder.path() / "headless");
  fs::remove(folder.path() / "headless/model.safetensors");
  fs::create_symlink(folder.path() / "gone", folder.path() / "link");
  const auto models = models_in(folder.path());
  ASSERT_EQ(models.size(), 4);
  EXPECT_NE(models[0].problem.find("no config.json"), std::string::npos) << models[0].problem;
  EXPECT_NE(models[1].problem.find("config.json"), std::string::npos) << models[1].problem;
  EXPECT_NE(models[2].problem.find("no model.safetensors"), std::string::npos);
  EXPECT_NE(models[3].problem.find("No such file"), std::string::npos) << models[3].problem;
  EXPECT_EQ(preferred_model(folder.path()), built_in_path());
}

// Whatever stands in the small files, describing ends with an answer.
TEST(Models, TruncatedOrHostileFilesAreAProblemAndNoMore) {
  const TestFolder folder;
  const Path model = folder.path() / "m";
  const std::pair<const char*, std::string> files[] = {
      {"config.json",
       R"({"model_type": "bert", "hidden_size": 384, "max_position_embeddings": 5})"},
      {"sentence_bert_config.json", R"({"max_seq_length": 256})"},
      {"penchant.json", R"({"package": "p", "version": "1", "languages": ["fr", "de"]})"},
      {"README.md", "---\nlicense: mit\nlanguage:\n- en\n- zh\n---\n"}};
  for (const auto& [name, text] : files) {
    write_model(model);
    for (size_t size = 0; size <= text.size(); ++size) {
      write(model / name, std::string_view(text).substr(0, size));
      const auto info = describe_model(model);
      if (std::string_view(name).ends_with(".json")) {
        EXPECT_EQ(info.ok(), size == text.size()) << name << " " << size;
      }
    }
    fs::remove_all(model);
  }
  for (const char* text : {"[]", "7", "null", "{\"model_type\": 1}", "{\"hidden_size\": -1}",
                           "{\"hidden_size\": 1e300}", "{\"hidden_size\": 18446744073709551615}",
                           "\xff\xfe", "{\"languages\": {}}"}) {
    write_model(model);
    write(model / "config.json", text);
    EXPECT_EQ(models_in(folder.path()).size(), 1) << text;
    write_model(model);
    write(model / "penchant.json", text);
    EXPECT_EQ(models_in(folder.path()).size(), 1) << text;
    fs::remove_all(model);
  }
}

TEST(Models, WhatIsBeingAddedIsNoModelYet) {
  const TestFolder folder;
  write_model(folder.path() / ".tmp-x" / "model");
  write(folder.path() / ".lock", "");
  EXPECT_TRUE(models_in(folder.path()).empty());
  EXPECT_TRUE(models_in(folder.path() / "nowhere").empty());
}

TEST(Models, LinkToAFolderKeepsItsOwnName) {
  const TestFolder folder;
  write_model(folder.path() / "elsewhere/v2");
  fs::create_directories(folder.path() / "models");
  fs::create_directory_symlink(folder.path() / "elsewhere/v2", folder.path() / "models/mine");
  const auto models = models_in(folder.path() / "models");
  ASSERT_EQ(models.size(), 1);
  EXPECT_EQ(models[0].name, "mine");
  EXPECT_EQ(models[0].path, fs::canonical(folder.path() / "elsewhere/v2"));
  EXPECT_EQ(models[0].problem, "");
}

TEST(Models, WordVectorFileIsAModel) {
  const TestFolder folder;
  write(folder.path() / "word2vec.vec", "2 3\na 1 2 3\nb 1 2 3\n");
  write(folder.path() / "glove.txt", "a 1 2 3 4\nb 1 2 3 4\n");
  write(folder.path() / "text.txt", "hello\n");
  const auto models = models_in(folder.path());
  ASSERT_EQ(models.size(), 3);
  EXPECT_EQ(models[0].family, "word-vectors");
  EXPECT_EQ(models[0].dimensions, 4);
  EXPECT_NE(models[1].problem, "");
  EXPECT_EQ(models[2].dimensions, 3);
}

TEST(Models, RecipesStartWithTheOneOfMostLanguages) {
  const auto recipes = model_recipes();
  ASSERT_EQ(recipes.size(), 4);
  EXPECT_EQ(recipes[0].name, "multilingual-e5-small");
  EXPECT_EQ(recipes[1].name, "all-minilm-l6-v2");
  EXPECT_EQ(recipes[2].name, "all-mpnet-base-v2");
  EXPECT_EQ(recipes[3].name, "smollm2-135m-instruct");
  for (const auto& recipe : recipes) {
    EXPECT_TRUE(is_model_name(recipe.name));
    EXPECT_GE(recipe.dimensions, 384);
    EXPECT_FALSE(recipe.languages.empty());
    EXPECT_GT(recipe.download_bytes, 1'000'000);
  }
}

TEST(Models, NameMeansTheInstalledModelAndAPathItself) {
  const TestFolder folder;
  write_model(folder.path() / "models/mine");
  write_model(folder.path() / "other");
  EXPECT_EQ(*find_model("mine", folder.path() / "models"), folder.path() / "models/mine");
  EXPECT_EQ(*find_model((folder.path() / "other").string(), folder.path() / "models"),
            folder.path() / "other");
}

TEST(Models, MissingModelNamesTheCommandThatBringsIt) {
  const TestFolder folder;
  const auto known = find_model("all-minilm-l6-v2", folder.path());
  ASSERT_FALSE(known.ok());
  EXPECT_EQ(known.error().code, Code::not_found);
  EXPECT_NE(known.error().message.find("`penchant model add all-minilm-l6-v2`"), std::string::npos);
  const auto unknown = find_model("x", folder.path());
  ASSERT_FALSE(unknown.ok());
  EXPECT_NE(unknown.error().message.find("multilingual-e5-small"), std::string::npos);
  EXPECT_FALSE(find_model("", folder.path()).ok());
  EXPECT_FALSE(find_model("../x", folder.path()).ok());
}

TEST(Models, OneInstalledUnderTheNameOfTheBuiltInOneTakesItsPlace) {
  const TestFolder folder;
  write_model(folder.path() / built_in_model);
  const auto models = installed_models(folder.path());
  ASSERT_EQ(models.size(), 1);
  EXPECT_EQ(find_model(built_in_model, folder.path()).value(), folder.path() / built_in_model);
}

TEST(Models, MultilingualModelIsPreferredThenTheEnglishThenAny) {
  const TestFolder folder;
  write_model(folder.path() / "smollm2-135m-instruct");  // a language model, for who names it
  EXPECT_EQ(preferred_model(folder.path()), built_in_path());
  write_model(folder.path() / "mine");
  EXPECT_EQ(preferred_model(folder.path()).filename(), "mine");
  write_model(folder.path() / "all-minilm-l6-v2");
  EXPECT_EQ(preferred_model(folder.path()).filename(), "all-minilm-l6-v2");
  write_model(folder.path() / "multilingual-e5-small");
  EXPECT_EQ(preferred_model(folder.path()).filename(), "multilingual-e5-small");
  fs::remove(folder.path() / "multilingual-e5-small/config.json");
  EXPECT_EQ(preferred_model(folder.path()).filename(), "all-minilm-l6-v2");
}

}  // namespace
}  // namespace penchant
