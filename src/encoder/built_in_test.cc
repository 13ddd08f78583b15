#include "encoder/built_in.h"

#include <gtest/gtest.h>

#include "encoder/encoder.h"
#include "encoder/models.h"
#include "math/kernels.h"

namespace penchant {
namespace {

float closeness(Encoder& encoder, std::string_view a, std::string_view b) {
  const std::string_view texts[] = {a, b};
  const Matrix vectors = encoder.encode(texts, Purpose::plain).value();
  return dot(vectors.row(0), vectors.row(1));
}

TEST(BuiltInModel, TellsNearFromFarInBothLanguages) {
  const auto encoder = open_encoder(built_in_path(), {.threads = 1});
  ASSERT_TRUE(encoder.ok()) << encoder.error().message;
  EXPECT_GT(closeness(**encoder, "a man is playing a guitar", "someone plays an instrument"),
            0.2 + closeness(**encoder, "a man is playing a guitar", "interest rates went up"));
  EXPECT_GT(
      closeness(**encoder, "\u4e00\u6b3e\u9ad8\u6027\u80fd\u7684\u7b14\u8bb0\u672c\u7535\u8111",
                "\u7535\u8111\u548c\u7535\u5b50\u4ea7\u54c1"),
      0.2 + closeness(**encoder,
                      "\u4e00\u6b3e\u9ad8\u6027\u80fd\u7684\u7b14\u8bb0\u672c\u7535\u8111",
                      "\u5982\u4f55\u505a\u4e00\u9053\u7ea2\u70e7\u9c7c"));
}

TEST(BuiltInModel, IsAModelLikeAnyOther) {
  EXPECT_EQ(preferred_model("no/such/folder"), built_in_path());
  EXPECT_EQ(find_model(built_in_model, "no/such/folder").value(), built_in_path());
  const ModelInfo info = describe_model(built_in_path()).value();
  EXPECT_EQ(info.name, built_in_model);
  EXPECT_EQ(info.languages, (std::vector<std::string>{"zh", "en"}));
  EXPECT_EQ(info.dimensions, open_encoder(built_in_path(), {}).value()->dimensions());
}

TEST(BuiltInModel, WeighsAtMostEightMegabytes) {
  EXPECT_LE(built_in_vectors().size() + built_in_tokenizer().size(), 8'000'000u);
}

}  // namespace
}  // namespace penchant
