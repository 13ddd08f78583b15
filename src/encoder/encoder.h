// Texts to vectors. Two kinds behind one interface: transformers (BERT and its kin, ModernBERT,
// Llama, Qwen) and static word vectors, both read from a folder or a file.
//
//   TRY(auto encoder, open_encoder(folder, {.precision = Precision::fast}));
//   TRY(Matrix vectors, encoder->encode(texts, Purpose::query));   // [texts, dimensions]
//
// The same text gives the same vector whatever else is in the call and however many threads run
// (bit for bit within one precision on one machine).
// Thread-safety: safe; concurrent calls to encode take turns on the encoder's threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "encoder/sequence_model.h"
#include "math/matrix.h"
#include "text/tokenizer.h"

namespace penchant {

// fp32 is the reference. fast is int8: weights and activations in bytes. bf16 lies between, where
// the processor multiplies it (AVX-512 BF16, AMX); elsewhere it is fp32.
enum class Precision { fp32, bf16, int8, fast = int8 };

// What a text is for; models trained with prompts (E5: "query: ", "passage: ") put one in front.
enum class Purpose { plain, query, passage };

struct EncoderOptions {
  Precision precision = Precision::fast;
  int threads = 0;  // 0: all processors of the machine
  // Static vectors only: weight words by self-attention over the text's word vectors (the second
  // formula of the method) instead of summing them (the first).
  bool attention_weighting = false;
};

// A text as an encoder reads it.
struct TokenisedText {
  std::vector<int32_t> ids;
  std::vector<Span> places = {};  // bytes of the text; {0, 0} for special tokens and the prompt's
  size_t unpooled = 0;

  TokenSequence sequence() const { return {.ids = ids, .unpooled = unpooled}; }
};

// name() identifies vectors in a store. run() gives vectors as long as the model makes them: made
// as long as 1 they are the bits of encode(). It refuses ids outside the vocabulary and, but for
// static vectors, texts of more than max_tokens().
class Encoder : public SequenceModel {
 public:
  virtual size_t dimensions() const = 0;
  size_t width() const final { return dimensions(); }
  virtual const Tokenizer* tokenizer() const = 0;  // null for word-vector files

  // One L2-normalised row per text; the row of an empty text may be zero (static vectors).
  // Fails as a whole, naming the text's position, for invalid UTF-8 or a text beyond the limit.
  virtual Result<Matrix> encode(std::span<const std::string_view> texts, Purpose purpose) = 0;

  // The first half of encode(), the other is run(): a text becomes the ids of tokenizer() over the
  // prompt and the text, at most max_tokens() of them, with special tokens where the model wants
  // them. read() does so and says where they lie; of static vectors it gives those that count, and
  // it is how a text becomes ids where there is no tokenizer.
  virtual std::string_view prompt(Purpose purpose) const = 0;
  // TokenSequence::unpooled of a text behind that prompt; 0 where prompts count as the rest does.
  virtual size_t unpooled_tokens(Purpose /*purpose*/) const { return 0; }
  virtual bool adds_special_tokens() const = 0;
  virtual Result<TokenisedText> read(std::string_view text, Purpose purpose) const = 0;

  // What the vector of a text is pooled from: [tokens, width of the states]. Static vectors have a
  // row for each token that counts.
  virtual Result<Matrix> token_states(TokenIds text) = 0;

  // What each of token_states() brings to the vector, and in a last row what belongs to no token
  // (the bias of a Dense module): [states + 1, dimensions()], whose sum is the row of run(). The
  // largest of a column is brought by its token alone. Refused, with the reason, where one token is
  // the vector and where an activation stands behind the sum.
  virtual Result<Matrix> token_parts(const TokenSequence& text) = 0;
};

// Opens a Hugging Face folder (config.json, tokenizer.json, model.safetensors ...), a GGUF file, a
// Model2Vec folder, a text file of word vectors (word2vec, GloVe, fastText), or built_in_path().
Result<std::unique_ptr<Encoder>> open_encoder(const Path& path, const EncoderOptions& options);

}  // namespace penchant
