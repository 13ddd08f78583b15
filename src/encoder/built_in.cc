#include "encoder/built_in.h"

#include <string>

#include "base/assets.h"

namespace penchant {

Path built_in_path() { return "built-in:" + std::string(built_in_model); }

bool is_built_in(const Path& path) { return path == built_in_path(); }

std::string_view built_in_card() { return assets::get("encoder/static-zh-en.card"); }

std::string_view built_in_tokenizer() { return assets::get("encoder/static-zh-en.tokenizer"); }

std::string_view built_in_vectors() { return assets::get("encoder/static-zh-en.safetensors"); }

Result<Model2Vec> read_built_in() {
  const std::string place = built_in_path().string();
  const std::string_view bytes = built_in_vectors();
  TRY(const Safetensors vectors,
      Safetensors::parse({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, place));
  return make_model2vec(built_in_tokenizer(), vectors, place);
}

}  // namespace penchant
