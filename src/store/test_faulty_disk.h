// For tests: a disk that fails. While it lives, every SQLite file opened goes through it. It counts
// the operations that change the disk, makes chosen ones fail, and can cut the power: then of all
// writes since the last sync of their file only a random part reached the disk. It does not sync
// the real disk, so tests that are not about failures are fast with it too.
// Thread-safety: safe but for crash(), which is for when no store is open.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"

namespace penchant {

class FaultyDisk {
 public:
  enum class Memory { images, none };  // none: no power cuts, but nothing is kept in memory

  explicit FaultyDisk(Memory memory = Memory::images) : memory_(memory) {
    CHECK(current_ == nullptr, "one faulty disk at a time");
    current_ = this;
    real_ = sqlite3_vfs_find("unix");
    vfs_ = *real_;
    vfs_.zName = "penchant-faulty";
    vfs_.pNext = nullptr;
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    vfs_.xOpen = open;
    vfs_.xDelete = remove;
    CHECK(sqlite3_vfs_register(&vfs_, 1) == SQLITE_OK, "register");
  }
  ~FaultyDisk() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real_, 1);
    current_ = nullptr;
  }
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  // The n-th change from now (from 1) fails with the code SQLite gives for it; `lasting`: and all
  // behind it. 0: none.
  void fail_at(uint64_t n, bool lasting, bool full) {
    std::lock_guard lock(mutex_);
    fail_at_ = n == 0 ? 0 : changes_ + n;
    lasting_ = lasting;
    full_ = full;
  }
  uint64_t changes() const {
    std::lock_guard lock(mutex_);
    return changes_;
  }
  uint64_t syncs() const {
    std::lock_guard lock(mutex_);
    return syncs_;
  }

  // What a power cut leaves.
  void crash(Random& random) {
    std::lock_guard lock(mutex_);
    for (auto& [path, image] : images_) {
      for (const Change& change : image.pending)
        if (random.below(2) == 0) image.apply(change);
      image.pending.clear();
      std::ofstream(path, std::ios::binary | std::ios::trunc) << image.synced;
      std::filesystem::remove(path + "-shm");
    }
  }

 private:
  struct Change {
    uint64_t offset;
    std::optional<std::string> bytes;  // none: cut off at offset
  };
  struct Image {
    std::string synced;
    std::vector<Change> pending;

    void apply(const Change& change) {
      if (!change.bytes) {
        synced.resize(change.offset);
        return;
      }
      if (synced.size() < change.offset + change.bytes->size())
        synced.resize(change.offset + change.bytes->size());
      synced.replace(change.offset, change.bytes->size(), *change.bytes);
    }
  };
  struct File {
    sqlite3_file base;
    Image* image;  // null for files that need not survive
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };

  static File* as_file(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
  static sqlite3_file* real(sqlite3_file* file) { return as_file(file)->real(); }

  // Counts a change; true when it is to fail.
  bool fails() {
    std::lock_guard lock(mutex_);
    ++changes_;
    return fail_at_ != 0 && (changes_ == fail_at_ || (lasting_ && changes_ > fail_at_));
  }
  int failure(int io_code) const { return full_ ? SQLITE_FULL : io_code; }

  void note(File* file, uint64_t offset, std::optional<std::string> bytes) {
    std::lock_guard lock(mutex_);
    if (file->image != nullptr) file->image->pending.push_back({offset, std::move(bytes)});
  }

  static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    FaultyDisk& disk = *current_;
    File* f = as_file(file);
    std::memset(static_cast<void*>(f), 0, sizeof *f);
    if (name != nullptr && (flags & SQLITE_OPEN_CREATE) != 0 && !std::filesystem::exists(name) &&
        disk.fails())
      return disk.full_ ? SQLITE_FULL : SQLITE_CANTOPEN;
    const int code = disk.real_->xOpen(disk.real_, name, f->real(), flags, out_flags);
    if (f->real()->pMethods == nullptr) return code;
    f->base.pMethods = &methods();
    constexpr int kept = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
    if (name != nullptr && (flags & kept) != 0 && disk.memory_ == Memory::images) {
      std::lock_guard lock(disk.mutex_);
      const auto [found, is_new] = disk.images_.try_emplace(name);
      f->image = &found->second;
      std::ifstream in(name, std::ios::binary);
      if (is_new) f->image->synced.assign(std::istreambuf_iterator<char>(in), {});
    }
    return code;
  }

  static int remove(sqlite3_vfs*, const char* name, int sync) {
    FaultyDisk& disk = *current_;
    if (disk.fails()) return SQLITE_IOERR_DELETE;
    std::lock_guard lock(disk.mutex_);
    // Other connections may still point to the image: emptied, not erased.
    if (const auto found = disk.images_.find(name); found != disk.images_.end())
      found->second = Image();
    return disk.real_->xDelete(disk.real_, name, sync);
  }

  static int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
    if (current_->fails()) return current_->failure(SQLITE_IOERR_WRITE);
    current_->note(as_file(file), static_cast<uint64_t>(offset),
                   std::string(static_cast<const char*>(bytes), static_cast<size_t>(size)));
    return real(file)->pMethods->xWrite(real(file), bytes, size, offset);
  }

  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    if (current_->fails()) return SQLITE_IOERR_TRUNCATE;
    current_->note(as_file(file), static_cast<uint64_t>(size), std::nullopt);
    return real(file)->pMethods->xTruncate(real(file), size);
  }

  static int sync(sqlite3_file* file, int) {  // the real sync is not needed: no real power is cut
    if (current_->fails()) return current_->failure(SQLITE_IOERR_FSYNC);
    std::lock_guard lock(current_->mutex_);
    ++current_->syncs_;
    if (Image* image = as_file(file)->image) {
      for (const Change& change : image->pending) image->apply(change);
      image->pending.clear();
    }
    return SQLITE_OK;
  }

  static int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
    if (extend != 0 && current_->fails()) return current_->failure(SQLITE_IOERR_SHMSIZE);
    return real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
  }

  static const sqlite3_io_methods& methods() {
    static const sqlite3_io_methods table = [] {
      sqlite3_io_methods m{};
      m.iVersion = 2;  // no memory mapping: every write passes here
      m.xClose = [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); };
      m.xRead = [](sqlite3_file* f, void* p, int n, sqlite3_int64 at) {
        return real(f)->pMethods->xRead(real(f), p, n, at);
      };
      m.xWrite = write;
      m.xTruncate = truncate;
      m.xSync = sync;
      m.xFileSize = [](sqlite3_file* f, sqlite3_int64* n) {
        return real(f)->pMethods->xFileSize(real(f), n);
      };
      m.xLock = [](sqlite3_file* f, int l) { return real(f)->pMethods->xLock(real(f), l); };
      m.xUnlock = [](sqlite3_file* f, int l) { return real(f)->pMethods->xUnlock(real(f), l); };
      m.xCheckReservedLock = [](sqlite3_file* f, int* out) {
        return real(f)->pMethods->xCheckReservedLock(real(f), out);
      };
      m.xFileControl = [](sqlite3_file* f, int op, void* p) {
        return real(f)->pMethods->xFileControl(real(f), op, p);
      };
      m.xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); };
      m.xDeviceCharacteristics = [](sqlite3_file*) { return 0; };  // promise nothing
      m.xShmMap = shm_map;
      m.xShmLock = [](sqlite3_file* f, int at, int n, int flags) {
        return real(f)->pMethods->xShmLock(real(f), at, n, flags);
      };
      m.xShmBarrier = [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); };
      m.xShmUnmap = [](sqlite3_file* f, int erase) {
        return real(f)->pMethods->xShmUnmap(real(f), erase);
      };
      return m;
    }();
    return table;
  }

  inline static FaultyDisk* current_ = nullptr;
  const Memory memory_;
  sqlite3_vfs vfs_{};
  sqlite3_vfs* real_ = nullptr;
  mutable std::mutex mutex_;
  uint64_t changes_ = 0, syncs_ = 0, fail_at_ = 0;
  bool lasting_ = false, full_ = false;
  std::map<std::string, Image, std::less<>> images_;
};

}  // namespace penchant
