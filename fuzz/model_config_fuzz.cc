// Any bytes as the small files of a model: refused with a sentence, or a block whose sizes hold
// together. A line "=== NAME" starts a file; what stands before the first is config.json.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/limits.h"
#include "encoder/head_config.h"
#include "encoder/model_config.h"

namespace penchant {

namespace {

class MemoryFiles final : public ModelFiles {
 public:
  explicit MemoryFiles(std::string_view bytes) {
    std::string name = "config.json";
    constexpr std::string_view mark = "\n=== ";
    while (true) {
      const size_t end = bytes.find(mark);
      texts_[name] = bytes.substr(0, end);
      if (end == std::string_view::npos) return;
      bytes.remove_prefix(end + mark.size());
      const size_t line = std::min(bytes.find('\n'), bytes.size());
      name = bytes.substr(0, line);
      bytes.remove_prefix(std::min(line + 1, bytes.size()));
    }
  }
  Result<std::optional<std::string>> read(const std::string& name) const override {
    CHECK(!name.starts_with('/') && ("/" + name + "/").find("/../") == std::string::npos,
          "inside the folder");
    const auto found = texts_.find(name);
    if (found == texts_.end()) return std::optional<std::string>();
    return std::optional(found->second);
  }

 private:
  std::map<std::string, std::string> texts_;
};

void check(const ModelConfig& config) {
  CHECK(config.hidden >= 1 && config.hidden <= limits::vector_dimensions, "states have a width");
  CHECK(config.heads % config.key_heads == 0, "queries share keys evenly");
  CHECK(config.head_size >= 1, "heads have a size");
  CHECK(config.positions != Positions::rotary || config.head_size % 2 == 0, "pairs turn");
  CHECK(config.max_tokens >= 2 && config.max_tokens <= config.length_max(), "a text fits");
  CHECK(config.is_local.empty() || config.is_local.size() == config.layers, "a rule each");
  for (size_t i = 0; i < config.layers; ++i) {
    CHECK(config.weights_of(i) < config.weight_sets(), "layers have weights");
    config.rule(i);
  }
  why_not_packed(config);
  size_t width = config.hidden;
  for (const VectorModule& module : config.modules) {
    CHECK(module.outputs == 0 || module.inputs == width, "modules fit each other");
    if (module.outputs > 0) width = module.outputs;
  }
  CHECK(width == config.pooled_size(), "the last module is a product");
  CHECK(config.dimensions >= 1 && config.dimensions <= width, "a vector has numbers");
}

}  // namespace

}  // namespace penchant

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penchant;
  const MemoryFiles files({reinterpret_cast<const char*>(data), size});
  const auto head = parse_head_config(files, "fuzz");
  if (head.ok())
    CHECK(!head->labels.empty(), "a head has labels");
  else
    CHECK(head.error().message.starts_with("fuzz/"), head.error().message);
  const auto config = parse_model_config(files, "fuzz");
  if (config.ok())
    check(*config);
  else
    CHECK(config.error().message.starts_with("fuzz/"), config.error().message);
  return 0;
}
