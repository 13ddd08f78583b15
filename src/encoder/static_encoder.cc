#include "encoder/static_encoder.h"

#include <algorithm>
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

// What differs between the two kinds: the tokens of a text, and where their vectors lie. A file's
// tokens are its words, whose ids are their rows.
class WordSource {
 public:
  virtual ~WordSource() = default;
  virtual const VectorTable& vectors() const = 0;
  virtual const Tokenizer* tokenizer() const = 0;
  virtual size_t vocabulary() const = 0;
  virtual Result<std::vector<int32_t>> ids(std::string_view text) const = 0;
  virtual Result<TokenisedText> read(std::string_view text) const = 0;
  // Those that count, of ids in the vocabulary.
  virtual std::vector<WeightedRow> words_of(TokenIds ids) const = 0;
};

class FileWords final : public WordSource {
 public:
  explicit FileWords(WordVectors words)
      : vectors_(std::exchange(words.vectors, {})), words_(std::move(words)) {}

  const VectorTable& vectors() const override { return vectors_; }
  const Tokenizer* tokenizer() const override { return nullptr; }
  size_t vocabulary() const override { return vectors_.rows(); }

  Result<std::vector<int32_t>> ids(std::string_view text) const override {
    TRY(TokenisedText found, read(text));
    return std::move(found.ids);
  }

  Result<TokenisedText> read(std::string_view text) const override {
    if (text.size() > limits::text_bytes)
      return too_large("text of " + std::to_string(text.size()) + " bytes, more than " +
                       std::to_string(limits::text_bytes));
    TRY(check_utf8(text, "text"));
    TokenisedText out;
    for (const auto& [row, place] : words_.find(text)) {
      out.ids.push_back(static_cast<int32_t>(row));
      out.places.push_back(place);
    }
    return out;
  }

  std::vector<WeightedRow> words_of(TokenIds ids) const override {
    std::vector<WeightedRow> words;
    for (const int32_t id : ids) words.push_back({static_cast<uint32_t>(id), 1});
    return words;
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
  size_t vocabulary() const override { return model_.rows.size(); }

  Result<std::vector<int32_t>> ids(std::string_view text) const override {
    return model_.tokenizer.encode_ids(text, {.add_special_tokens = false});
  }

  Result<TokenisedText> read(std::string_view text) const override {
    TRY(const Encoding encoding, model_.tokenizer.encode(text, {.add_special_tokens = false}));
    TokenisedText out;
    for (size_t t = 0; t < encoding.ids.size(); ++t) {
      if (model_.rows[static_cast<size_t>(encoding.ids[t])] < 0) continue;
      out.ids.push_back(encoding.ids[t]);
      out.places.push_back(encoding.offsets[t]);
    }
    return out;
  }

  std::vector<WeightedRow> words_of(TokenIds ids) const override {
    std::vector<WeightedRow> words;
    for (const int32_t id : ids) {
      const int32_t row = model_.rows[static_cast<size_t>(id)];
      if (row >= 0)
        words.push_back({static_cast<uint32_t>(row), model_.weights[static_cast<size_t>(id)]});
    }
    return words;
  }

 private:
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
    Matrix vectors(texts.size(), dimensions());
    TRY(for_each_text(pool_, texts.size(), [&](size_t i) -> Result<> {
      TRY(const std::vector<int32_t> ids, source_->ids(texts[i]));
      mean_words(source_->vectors(), weighed(words_of(ids)), vectors.row(i));
      normalise(vectors.row(i));
      return {};
    }));
    return vectors;
  }

  std::string_view prompt(Purpose /*purpose*/) const override { return ""; }
  bool adds_special_tokens() const override { return false; }

  Result<TokenisedText> read(std::string_view text, Purpose /*purpose*/) const override {
    TRY(TokenisedText out, source_->read(text));
    out.ids.resize(std::min(out.ids.size(), words_max));
    out.places.resize(out.ids.size());
    return out;
  }

  Result<> check(std::span<const TokenSequence> sequences) const override {
    return check_ids(sequences, source_->vocabulary(), SIZE_MAX);
  }

  Result<Matrix> run(std::span<const TokenSequence> sequences) override {
    TRY(check(sequences));
    Matrix vectors(sequences.size(), dimensions());
    TRY(for_each_text(pool_, sequences.size(), [&](size_t i) -> Result<> {
      mean_words(source_->vectors(), weighed(words_of(sequences[i].ids)), vectors.row(i));
      return {};
    }));
    return vectors;
  }

  Result<Matrix> token_states(TokenIds text) override {
    const TokenSequence sequence{text};
    TRY(check({&sequence, 1}));
    const std::vector<WeightedRow> words = words_of(text);
    Matrix states(words.size(), dimensions());
    for (size_t i = 0; i < words.size(); ++i)
      source_->vectors().add(words[i].row, words[i].weight, states.row(i));
    return states;
  }

  Result<Matrix> token_parts(const TokenSequence& text) override {
    TRY(check({&text, 1}));
    const std::vector<WeightedRow> words = weighed(words_of(text.ids));
    Matrix parts(words.size() + 1, dimensions());
    const auto count = static_cast<float>(words.size());
    for (size_t i = 0; i < words.size(); ++i)
      source_->vectors().add(words[i].row, words[i].weight / count, parts.row(i));
    return parts;
  }

 private:
  std::vector<WeightedRow> words_of(TokenIds ids) const {
    std::vector<WeightedRow> words = source_->words_of(ids);
    if (words.size() > words_max) words.resize(words_max);
    return words;
  }

  std::vector<WeightedRow> weighed(std::vector<WeightedRow> words) const {
    if (attends_) weigh_by_attention(source_->vectors(), words);
    return words;
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
