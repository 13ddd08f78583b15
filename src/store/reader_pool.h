// Read connections of one database file, opened as they are needed and kept for the next. What is
// read through one Snapshot belongs together, whatever is written meanwhile.
// Thread-safety: ReaderPool is safe; a Snapshot belongs to one thread at a time and must end before
// its pool.
#pragma once

#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "store/sqlite.h"

namespace penchant {

class ReaderPool;

class Snapshot {
 public:
  Snapshot(Snapshot&&) noexcept = default;
  Snapshot& operator=(Snapshot&&) = delete;
  ~Snapshot();

  Connection& operator*() { return connection_; }
  Connection* operator->() { return &connection_; }

 private:
  friend class ReaderPool;
  Snapshot(ReaderPool& pool, Connection connection)
      : pool_(&pool), connection_(std::move(connection)) {}

  ReaderPool* pool_;
  Connection connection_;
};

class ReaderPool {
 public:
  ReaderPool(Path file, std::string what) : file_(std::move(file)), what_(std::move(what)) {}

  Result<Snapshot> snapshot() EXCLUDES(mutex_);

 private:
  friend class Snapshot;
  Result<Connection> take() EXCLUDES(mutex_);
  void give_back(Connection connection) EXCLUDES(mutex_);

  const Path file_;
  const std::string what_;
  Mutex mutex_;
  std::vector<Connection> idle_ GUARDED_BY(mutex_);
};

}  // namespace penchant
