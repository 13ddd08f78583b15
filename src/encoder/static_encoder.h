// The Encoder over static vectors: a file of word vectors, or a Model2Vec folder.
// Thread-safety: as Encoder promises.
#pragma once

#include <memory>
#include <string>

#include "encoder/encoder.h"

namespace penchant {

Result<std::unique_ptr<Encoder>> open_word_vectors_encoder(const Path& file, std::string name,
                                                           const EncoderOptions& options);
Result<std::unique_ptr<Encoder>> open_model2vec_encoder(const Path& folder, std::string name,
                                                        const EncoderOptions& options);
Result<std::unique_ptr<Encoder>> open_built_in_encoder(const EncoderOptions& options);

}  // namespace penchant
