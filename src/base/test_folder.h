// For tests: a fresh folder that goes away with the object, and the place of the shared test data.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace penchant {

class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "penchant-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// $PENCHANT_TEST_DATA, or empty: then the test says so and skips (GTEST_SKIP() << no_test_data).
inline std::filesystem::path test_data() {
  const char* folder = std::getenv("PENCHANT_TEST_DATA");
  return folder != nullptr && std::filesystem::is_directory(folder) ? folder : "";
}
inline constexpr const char* no_test_data = "no test data: set PENCHANT_TEST_DATA to its folder";

// $PENCHANT_MODELS/name, or empty when that model is not installed.
inline std::filesystem::path test_model(const std::string& name) {
  const char* folder = std::getenv("PENCHANT_MODELS");
  if (folder == nullptr) return "";
  const std::filesystem::path path = std::filesystem::path(folder) / name;
  return std::filesystem::is_directory(path) ? path : "";
}

}  // namespace penchant
