// Whatever the bytes are: a sentence, or vectors as many as words.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "base/check.h"
#include "encoder/word_vectors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const int file = memfd_create("word-vectors", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  if (ftruncate(file, 0) != 0 || pwrite(file, data, size, 0) != static_cast<ssize_t>(size))
    return 0;
  const auto words = penchant::read_word_vectors(path);
  if (!words.ok()) return 0;
  CHECK(words->vectors.rows == words->rows.size(), "a vector for every word");
  CHECK(words->vectors.values.size() == words->vectors.rows * words->vectors.cols, "whole rows");
  (void)words->find("red book");
  return 0;
}
