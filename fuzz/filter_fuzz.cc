// Whatever the text is: a sentence, or a filter that says yes or no to any item, the same each time.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "recommend/catalogue.h"
#include "recommend/filter.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penchant;
  static const CatalogueItem item = [] {
    CatalogueItem made;
    made.id = "item a";
    made.title = "An item";
    made.categories = {"b", "c"};
    made.keywords = {{"d", 1.0f}};
    made.time = 1'700'000'000;
    made.labels = {{"n", 1.5},
                   {"s", "12"},
                   {"t", true},
                   {"l", json::array{1, "x", nullptr}},
                   {"o", json::object{{"p", 1}}}};
    return made;
  }();
  const auto filter = Filter::parse({reinterpret_cast<const char*>(data), size});
  if (!filter.ok()) return 0;
  if (filter->matches(item) != filter->matches(item)) std::abort();
  if (filter->empty() && !filter->matches(CatalogueItem())) std::abort();
  return 0;
}
