#include "encoder/static_encoder.h"

#include <utility>

#include "base/limits.h"
#include "base/mutex.h"
#include "base/threads.h"
#include "base/utf8.h"
#include "encoder/built_in.h"
#include "encoder/model2vec.h"
#include "encoder/tokenise.h"
#include "encoder/word_sum.h"
#include "encoder/word_vectors.h"
#include "math/kernels.h"

namespace penchant {

namespace {

// As the model2vec package has it, and for attention, which costs the square of it.
constexpr size_t words_max = 512;

// What differs between the two kinds: the words of a text, and where their vectors lie.
class WordSource {
 public:
  virtual ~WordSource() = default;
  virtual const VectorTable& vectors() const = 0;
  virtual const Tokenizer* tokenizer() const = 0;
  virtual Result<std::vector<WeightedRow>> words(std::string_view text) const = 0;
  virtual Result<std::vector<WeightedRow>> words_of(TokenIds ids) const = 0;
};

class FileWords final : public WordSource {
 public:
  explicit FileWords(WordVectors words)
      : vectors_(std::exchange(words.vectors, {})), words_(std::move(words)) {}

  const VectorTable& vectors() const override { return vectors_; }
  const Tokenizer* tokenizer() const override { return nullptr; }

  Result<std::vector<WeightedRow>> words(std::string_view text) const override {
    if (text.size() > limits::text_bytes)
      return too_large("text of " + std::to_string(text.size()) + " bytes, more than " +
                       std::to_string(limits::text_bytes));
    TRY(check_utf8(text, "text"));
    std::vector<WeightedRow> words;
    for (const uint32_t row : words_.rows_of(text)) words.push_back({row, 1});
    return words;
  }

  Result<std::vector<WeightedRow>> words_of(TokenIds /*ids*/) const override {
    return invalid("a file of word vectors has no tokens");
  }

 private:
  VectorTable vectors_;
  WordVectors words_;  // less its vectors
};

class Model2VecWords final : public WordSource {
 public:
  explicit Model2VecWords(Model2Vec model) : model_(std::move(model)) {}

  const VectorTable& vectors() const override { return model_.vectors; }
  const Tokenizer* tokenizer() const override { return &model_.tokenizer; }

  Result<std::vector<WeightedRow>> words(std::string_view text) const override {
    TRY(const std::vector<int32_t> ids,
        model_.tokenizer.encode_ids(text, {.add_special_tokens = false}));
    return rows_of(ids);
  }

  Result<std::vector<WeightedRow>> words_of(TokenIds ids) const override {
    TRY(check_ids({&ids, 1}, model_.rows.size(), ids.size()));
    return rows_of(ids);
  }

 private:
  std::vector<WeightedRow> rows_of(TokenIds ids) const {
    std::vector<WeightedRow> words;
    for (const int32_t id : ids) {
      const int32_t row = model_.rows[static_cast<size_t>(id)];
      if (row >= 0)
        words.push_back({static_cast<uint32_t>(row), model_.weights[static_cast<size_t>(id)]});
    }
    return words;
  }

  Model2Vec model_;
};

class StaticEncoder final : public Encoder {
 public:
  StaticEncoder(std::string name, std::unique_ptr<const WordSource> source,
                const EncoderOptions& options)
      : name_(std::move(name)),
        source_(std::move(source)),
        attends_(options.attention_weighting),
        pool_(options.threads > 0 ? options.threads : hardware_threads()) {}

  std::string_view name() const override { return name_; }
  size_t dimensions() const override { return source_->vectors().cols(); }
  size_t max_tokens() const override { return words_max; }
  const Tokenizer* tokenizer() const override { return source_->tokenizer(); }

  Result<Matrix> encode(std::span<const std::string_view> texts, Purpose /*purpose*/) override {
    return encode_all(texts.size(), [&](size_t i) { return source_->words(texts[i]); });
  }

  std::string_view prompt(Purpose /*purpose*/) const override { return ""; }
  bool adds_special_tokens() const override { return false; }

  Result<Matrix> encode_ids(std::span<const TokenIds> texts) override {
    return encode_all(texts.size(), [&](size_t i) { return source_->words_of(texts[i]); });
  }

  Result<Matrix> token_states(TokenIds text) override {
    TRY(std::vector<WeightedRow> words, source_->words_of(text));
    if (words.size() > words_max) words.resize(words_max);
    Matrix states(words.size(), dimensions());
    for (size_t i = 0; i < words.size(); ++i)
      source_->vectors().add(words[i].row, words[i].weight, states.row(i));
    return states;
  }

 private:
  // `words_of(i)` gives the words of text i.
  template <class WordsOf>
  Result<Matrix> encode_all(size_t count, const WordsOf& words_of) {
    Matrix vectors(count, dimensions());
    TRY(for_each_text(pool_, count,
                      [&](size_t i) { return encode_one(words_of(i), vectors.row(i)); }));
    return vectors;
  }

  Result<> encode_one(Result<std::vector<WeightedRow>> found, std::span<float> out) const {
    TRY(std::vector<WeightedRow> words, std::move(found));
    if (words.size() > words_max) words.resize(words_max);
    (attends_ ? attend_words : sum_words)(source_->vectors(), words, out);
    return {};
  }

  const std::string name_;
  const std::unique_ptr<const WordSource> source_;
  const bool attends_;
  ThreadPool pool_;
};

}  // namespace

Result<std::unique_ptr<Encoder>> open_word_vectors_encoder(const Path& file, std::string name,
                                                           const EncoderOptions& options) {
  TRY(WordVectors words, read_word_vectors(file));
  return std::unique_ptr<Encoder>(std::make_unique<StaticEncoder>(
      std::move(name), std::make_unique<FileWords>(std::move(words)), options));
}

Result<std::unique_ptr<Encoder>> open_model2vec_encoder(const Path& folder, std::string name,
                                                        const EncoderOptions& options) {
  TRY(Model2Vec model, read_model2vec(folder));
  return std::unique_ptr<Encoder>(std::make_unique<StaticEncoder>(
      std::move(name), std::make_unique<Model2VecWords>(std::move(model)), options));
}

Result<std::unique_ptr<Encoder>> open_built_in_encoder(const EncoderOptions& options) {
  TRY(Model2Vec model, read_built_in());
  return std::unique_ptr<Encoder>(std::make_unique<StaticEncoder>(
      std::string(built_in_model), std::make_unique<Model2VecWords>(std::move(model)), options));
}

}  // namespace penchant
