// For the encoder's tests: the cases of tests/data/encoder/NAME (made by tests/golden/encoder.py),
// and folders of models that are damaged.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "base/test_folder.h"

namespace penchant {

struct GoldenCase {
  std::string text, purpose;
  std::vector<int32_t> ids;
  std::vector<float> vector;
  std::vector<float> attention;  // static vectors only
  std::vector<float> whole;      // before truncate_dim
  std::vector<float> raw;        // not normalised
};

inline Path golden_folder(const std::string& name) {
  return Path(PENCHANT_SOURCE) / "tests" / "data" / "encoder" / name;
}

inline std::vector<GoldenCase> golden_cases(const std::string& name) {
  const Path path = golden_folder(name) / "golden.json";
  const auto text = read_file(path, 1 << 20);
  EXPECT_TRUE(text.ok()) << text.error().message;
  const auto root = parse_json(*text, path.string());
  std::vector<GoldenCase> cases;
  for (const json::value& value : root->as_array()) {
    const json::object& object = value.as_object();
    GoldenCase one;
    one.text = std::string(object.at("text").as_string());
    one.purpose = std::string(object.at("purpose").as_string());
    for (const json::value& id : object.at("ids").as_array())
      one.ids.push_back(id.to_number<int32_t>());
    for (const json::value& x : object.at("vector").as_array())
      one.vector.push_back(x.to_number<float>());
    for (const auto& [field, to] : {std::pair("attention", &one.attention),
                                    std::pair("whole", &one.whole), std::pair("raw", &one.raw)})
      if (object.contains(field))
        for (const json::value& x : object.at(field).as_array())
          to->push_back(x.to_number<float>());
    cases.push_back(std::move(one));
  }
  return cases;
}

struct Damage {
  std::string file, from, to;  // the first `from` in a file of the folder becomes `to`
  std::string expected;        // what the refusal says
};

// That open(folder), a Result<>, refuses a damaged copy of `model` in a sentence with its place.
template <class Open>
void expect_refusal(const Path& model, const Damage& damage, const Open& open) {
  const TestFolder folder;
  const Path copy = folder.path() / model.filename();
  std::filesystem::copy(model, copy, std::filesystem::copy_options::recursive);
  std::string text = *read_file(copy / damage.file, 1 << 20);
  const size_t at = text.find(damage.from);
  ASSERT_NE(at, std::string::npos) << damage.from;
  ASSERT_TRUE(write_file(copy / damage.file, text.replace(at, damage.from.size(), damage.to)).ok());
  const Result<> opened = open(copy);
  const std::string message = opened.ok() ? "accepted" : opened.error().message;
  EXPECT_NE(message.find(damage.expected), std::string::npos) << damage.to << ": " << message;
  EXPECT_NE(message.find(copy.string()), std::string::npos) << message;
}

inline double cosine(std::span<const float> a, std::span<const float> b) {
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    ab += double{a[i]} * b[i];
    aa += double{a[i]} * a[i];
    bb += double{b[i]} * b[i];
  }
  return ab / std::sqrt(aa * bb);
}

}  // namespace penchant
