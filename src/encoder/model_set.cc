#include "encoder/model_set.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/json.h"
#include "encoder/models.h"

namespace penchant {

ModelSet::ModelSet(Path models_folder, const EncoderOptions& encoder_options,
                   const BatcherOptions& batcher_options)
    : models_folder_(std::move(models_folder)),
      encoder_options_(encoder_options),
      batcher_options_(batcher_options) {}

ServedModel& ModelSet::add(Encoder& encoder) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[std::string(encoder.name())];
  if (entry.model == nullptr)
    entry.model = std::make_unique<ServedModel>(encoder, nullptr, batcher_options_);
  return *entry.model;
}

Result<ServedModel*> ModelSet::get(std::string_view name) {
  std::unique_lock lock(mutex_);
  auto found = entries_.find(name);
  if (found == entries_.end()) {
    // Only a name, never a path: who asks may be anybody.
    if (!find_installed(name, models_folder_).has_value()) {
      lock.unlock();
      return not_found(fmt::format("there is no model {}; there is {}", shown(json::value(name)),
                                   fmt::join(names(), ", ")));
    }
    found = entries_.try_emplace(std::string(name)).first;
  }
  Entry& entry = found->second;  // entries are never erased
  opened_.wait(lock, [&] { return !entry.is_opening; });
  if (entry.model != nullptr) return entry.model.get();
  entry.is_opening = true;
  lock.unlock();
  auto opened = open_encoder(find_installed(name, models_folder_).value_or(models_folder_ / name),
                             encoder_options_);
  lock.lock();
  entry.is_opening = false;
  opened_.notify_all();
  if (!opened.ok())
    return Error{Code::unavailable,
                 fmt::format("the model {} cannot be opened: {}", name, opened.error().message)};
  Encoder& encoder = **opened;
  if (entry.model == nullptr)
    entry.model = std::make_unique<ServedModel>(encoder, *std::move(opened), batcher_options_);
  return entry.model.get();
}

std::vector<std::string> ModelSet::names() const {
  std::vector<std::string> names;
  for (const ModelInfo& model : installed_models(models_folder_))
    if (model.problem.empty()) names.push_back(model.name);
  const std::lock_guard lock(mutex_);
  for (const auto& [name, entry] : entries_)
    if (entry.model != nullptr) names.push_back(name);
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace penchant
