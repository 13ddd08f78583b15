// Import as the engine runs it: records into the store as they are read, then one pass over what
// is new that encodes texts and mines keywords, with the statistics of the whole catalogue. Killed
// at any point, the committed part stays and the next import (or this pass alone) does the rest.
// Thread-safety: one import of a tenant at a time.
#pragma once

#include <span>
#include <string>

#include "store/import.h"
#include "store/store.h"

namespace penchant {

class Encoder;

// `observer` hears of bad lines and progress; its record methods are called behind each commit.
Result<ImportSummary> run_import(const std::string& tenant, std::span<const Path> paths,
                                 const ImportOptions& options, Store& store, Encoder* encoder,
                                 Seconds now, ImportSink& observer);

}  // namespace penchant
