#include "store/reader_pool.h"

namespace penchant {

namespace {
constexpr size_t idle_most = 16;
}

Snapshot::~Snapshot() {
  if (!connection_.in_transaction()) return;  // moved from, or broken: not for the next
  if (connection_.execute("COMMIT").ok()) pool_->give_back(std::move(connection_));
}

Result<Snapshot> ReaderPool::snapshot() {
  TRY(Connection connection, take());
  TRY(connection.execute("BEGIN"));
  return Snapshot(*this, std::move(connection));
}

Result<Connection> ReaderPool::take() {
  {
    MutexLock lock(mutex_);
    if (!idle_.empty()) {
      Connection connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  TRY(Connection connection, Connection::open(file_, Connection::Mode::existing, what_));
  TRY(connection.execute("PRAGMA query_only = 1; PRAGMA cache_size = -16000"));
  return connection;
}

void ReaderPool::give_back(Connection connection) {
  MutexLock lock(mutex_);
  if (idle_.size() < idle_most) idle_.push_back(std::move(connection));
}

}  // namespace penchant
