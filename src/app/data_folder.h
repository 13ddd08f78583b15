// From options to an open data folder: what every command with --data shares.
// Thread-safety: main thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/arguments.h"
#include "base/result.h"

namespace penchant {

class Engine;
class Store;

// --data, --tenant, and the options that choose the encoder.
std::vector<Option> data_options();

// Reading commands do not create a data folder: a mistyped --data is an error, not an empty answer.
enum class Folder { existing, created, none };

// The engine over --data (Folder::none: without one).
Result<std::unique_ptr<Engine>> open_engine(const Arguments& arguments, Folder folder);

// The store alone, for commands that need no encoder and no models: opens in no time.
Result<std::unique_ptr<Store>> open_store(const Arguments& arguments);

std::string chosen_tenant(const Arguments& arguments);

// --language, else the environment's: "zh", "en" or "" for the user's own.
Result<std::string> chosen_language(const Arguments& arguments);

}  // namespace penchant
