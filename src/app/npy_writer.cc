#include "app/npy_writer.h"

#include <fmt/format.h>
#include <unistd.h>

#include <bit>
#include <cerrno>

#include "app/output.h"
#include "base/files.h"

namespace penchant {

static_assert(std::endian::native == std::endian::little, "'<f4' is written as it lies in memory");

namespace {

constexpr size_t header_bytes = 128;  // room for any count; a multiple of 64, as the format asks
constexpr size_t flush_bytes = 4u << 20;

}  // namespace

std::string npy_header(uint64_t rows, uint64_t columns) {
  std::string text =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", rows, columns);
  text.resize(header_bytes - 10 - 1, ' ');
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + text + "\n";  // 0x76: 118 bytes follow
}

NpyWriter::NpyWriter(size_t columns)
    : columns_(columns), seekable_(lseek(STDOUT_FILENO, 0, SEEK_CUR) == 0) {}

Result<> NpyWriter::flush() {
  if (!has_header_) TRY(write_out(npy_header(rows_, columns_)));
  has_header_ = true;
  TRY(write_out(pending_));
  pending_.clear();
  return {};
}

Result<> NpyWriter::add(std::span<const float> row) {
  pending_.append(reinterpret_cast<const char*>(row.data()), row.size_bytes());
  ++rows_;
  if (seekable_ && pending_.size() >= flush_bytes) TRY(flush());
  return {};
}

Result<> NpyWriter::finish() {
  const bool header_is_right = !has_header_;
  TRY(flush());
  if (header_is_right) return {};
  const std::string header = npy_header(rows_, columns_);
  if (pwrite(STDOUT_FILENO, header.data(), header.size(), 0) != ssize_t(header.size()))
    return system_error("write", "standard output", errno);
  return {};
}

}  // namespace penchant
