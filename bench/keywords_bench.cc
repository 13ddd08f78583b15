// Keywords of many texts: JSON Lines {"text":...} in a file, {"keywords":[...]} on stdout, the time
// of each stage on stderr. bench/keywords.py compares the answers with people's keywords.
//
//   keywords_bench FILE COUNT [--catalogue] [--encoder FOLDER]
//
// --catalogue: the texts' own document frequencies serve as those of the catalogue, as in import.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "base/files.h"
#include "base/json.h"
#include "encoder/encoder.h"
#include "mining/candidates.h"
#include "mining/keywords.h"

namespace penchant {
namespace {

// Of one core: other programs on the machine do not count.
double processor_seconds() { return double(std::clock()) / CLOCKS_PER_SEC; }

Result<std::vector<std::string>> read_texts(const Path& path) {
  TRY(LineReader reader, LineReader::open(path));
  std::vector<std::string> texts;
  for (std::string_view line;;) {
    TRY(const bool more, reader.next(line));
    if (!more) return texts;
    TRY(const json::value value, parse_json(line, path.string()));
    TRY(auto text, get_string(value.as_object(), "text"));
    texts.push_back(text.value_or(""));
  }
}

Result<> run(int count, char** arguments) {
  if (count < 3)
    return invalid("usage: keywords_bench FILE COUNT [--catalogue] [--encoder FOLDER]");
  TRY(const auto texts, read_texts(arguments[1]));
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  KeywordStatistics statistics;
  std::unique_ptr<Encoder> encoder;
  double start = processor_seconds();
  for (int i = 3; i < count; ++i) {
    const std::string_view option = arguments[i];
    if (option == "--catalogue")
      for (const std::string_view text : views) statistics.add(text);
    if (option == "--encoder" && i + 1 < count) {
      TRY(encoder, open_encoder(arguments[++i], {.threads = 1}));
    }
  }
  if (std::string_view(arguments[count - 1]) == "--features") {
    for (const std::string_view text : views) {
      for (const Candidate& c : find_candidates(text, statistics)) {
        json::array row;
        for (const float value : c.features) row.emplace_back(value);
        std::printf("%s\n",
                    to_text(json::object{{"text", c.text},
                                         {"han", c.is_han},
                                         {"words", json::array(c.words.begin(), c.words.end())},
                                         {"features", std::move(row)}})
                        .c_str());
      }
      std::printf("null\n");
    }
    return {};
  }
  std::fprintf(stderr, "prepared %zu texts in %.3f s\n", views.size(), processor_seconds() - start);
  start = processor_seconds();
  TRY(const auto mined, mine_keywords(views, statistics, encoder.get(),
                                      {.count = static_cast<size_t>(std::atoi(arguments[2]))}));
  const double took = processor_seconds() - start;
  std::fprintf(stderr, "mined %zu texts in %.3f s: %.0f texts/s\n", views.size(), took,
               double(views.size()) / took);
  for (const auto& keywords : mined) {
    json::array list;
    for (const Keyword& keyword : keywords) list.emplace_back(keyword.text);
    std::printf("%s\n", to_text(json::object{{"keywords", std::move(list)}}).c_str());
  }
  return {};
}

}  // namespace
}  // namespace penchant

int main(int count, char** arguments) {
  const auto done = penchant::run(count, arguments);
  if (!done.ok()) std::fprintf(stderr, "keywords_bench: %s\n", done.error().message.c_str());
  return done.ok() ? 0 : 1;
}
