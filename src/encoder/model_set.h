// Several models in one process, each with its batcher: every installed model can be asked for by
// name and is opened at the first question. Who asks for another model does not wait for that; a
// model that was opened stays, even when it is removed from the disk.
// Thread-safety: safe.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "encoder/batcher.h"
#include "encoder/encoder.h"

namespace penchant {

struct ServedModel {
  ServedModel(Encoder& of, std::unique_ptr<Encoder> owned_by_it, const BatcherOptions& options)
      : owned(std::move(owned_by_it)), encoder(of), batcher(of, options) {}

  const std::unique_ptr<Encoder> owned;  // null: somebody else's
  Encoder& encoder;
  Batcher batcher;
};

class ModelSet {
 public:
  ModelSet(Path models_folder, const EncoderOptions& encoder_options,
           const BatcherOptions& batcher_options);

  // An encoder that is open already and outlives the set; the same one twice is one model.
  ServedModel& add(Encoder& encoder);

  // An installed or added model. Code::not_found names those there are; another error says why the
  // model cannot be opened. The model lives as long as the set.
  Result<ServedModel*> get(std::string_view name);

  std::vector<std::string> names() const;  // what get() finds, sorted

 private:
  struct Entry {
    bool is_opening = false;
    std::unique_ptr<ServedModel> model;
  };

  const Path models_folder_;
  const EncoderOptions encoder_options_;
  const BatcherOptions batcher_options_;
  mutable std::mutex mutex_;  // std::mutex, as condition_variable wants it; guards all below
  std::condition_variable opened_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace penchant
