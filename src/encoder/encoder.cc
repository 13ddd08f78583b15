#include "encoder/encoder.h"

#include "encoder/built_in.h"
#include "encoder/gguf_model.h"
#include "encoder/model_config.h"
#include "encoder/static_encoder.h"
#include "encoder/transformer_encoder.h"

namespace penchant {

Result<std::unique_ptr<Encoder>> open_encoder(const Path& path, const EncoderOptions& options) {
  if (is_built_in(path)) return open_built_in_encoder(options);
  TRY(const auto gguf, find_gguf(path));
  if (gguf.has_value()) return open_transformer_encoder(path, name_of_model(path), options);
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path, ignored))
    return open_word_vectors_encoder(path, name_of_model(path), options);
  TRY(const std::string type, read_model_type(path));
  if (type == "model2vec") return open_model2vec_encoder(path, name_of_model(path), options);
  return open_transformer_encoder(path, name_of_model(path), options);
}

}  // namespace penchant
