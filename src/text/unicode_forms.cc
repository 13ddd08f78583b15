#include "text/unicode_forms.h"

#include <algorithm>

#include "text/unicode_tables.h"

namespace penchant {

namespace {

// Decomposes into `out`, each run of combining characters in canonical order.
class Decomposer {
 public:
  Decomposer(bool is_compatible, std::vector<Change>& out)
      : tables_(UnicodeTables::get()), is_compatible_(is_compatible), out_(out) {}

  void add(char32_t c) {
    if (c < 0x80) return put(c, 0);
    if (hangul::is_syllable(c)) return add_syllable(c - hangul::s_base);
    const CodePoint properties = tables_[c];
    std::span<const char32_t> parts;
    if (is_compatible_ && properties.is(CodePoint::has_nfd | CodePoint::has_nfkd)) {
      parts = tables_.nfkd(c);
    } else if (properties.is(CodePoint::has_nfd)) {
      parts = tables_.nfd(c);
    }
    if (parts.empty()) return put(c, 0);
    for (size_t i = 0; i < parts.size(); ++i) put(parts[i], i == 0 ? 0 : 1);
  }

  void finish() { order_run(); }

 private:
  void add_syllable(char32_t index) {
    using namespace hangul;
    put(l_base + index / (v_count * t_count), 0);
    put(v_base + index % (v_count * t_count) / t_count, 1);
    if (index % t_count != 0) put(t_base + index % t_count, 1);
  }

  void put(char32_t c, int32_t change) {
    if (c < 0x80 || tables_[c].combining_class() == 0) {
      order_run();
      out_.push_back({c, change});
      run_ = out_.size();
    } else {
      out_.push_back({c, change});
    }
  }

  void order_run() {
    if (out_.size() - run_ > 1)
      std::stable_sort(out_.begin() + static_cast<std::ptrdiff_t>(run_), out_.end(),
                       [&](const Change& a, const Change& b) {
                         return tables_[a.c].combining_class() < tables_[b.c].combining_class();
                       });
    run_ = out_.size();
  }

  const UnicodeTables& tables_;
  bool is_compatible_;
  std::vector<Change>& out_;
  size_t run_ = 0;  // where the run of combining characters starts
};

// Composes decomposed characters in place. A composite stands for all that went into it.
void compose(std::vector<Change>& text) {
  const UnicodeTables& tables = UnicodeTables::get();
  constexpr size_t none = static_cast<size_t>(-1);
  size_t starter = none;  // where the last starter was written
  int last_class = -1;    // of what was written behind it, -1 for nothing
  size_t written = 0;
  for (const Change next : text) {
    const int next_class = tables[next.c].combining_class();
    if (starter != none && last_class < next_class) {
      if (const char32_t composite = tables.compose(text[starter].c, next.c); composite != 0) {
        text[starter] = {composite, text[starter].change + next.change - 1};
        continue;
      }
    }
    if (next_class == 0) {
      starter = written;
      last_class = -1;
    } else if (starter != none) {
      last_class = next_class;
    }
    text[written++] = next;
  }
  text.resize(written);
}

// Whether the form of every character is the character itself, whatever its neighbours.
bool is_in_form(std::string_view text, bool is_compatible, bool is_composed) {
  if (is_ascii(text)) return true;
  const UnicodeTables& tables = UnicodeTables::get();
  const uint32_t changes = CodePoint::has_nfd | (is_compatible ? CodePoint::has_nfkd : 0u) |
                           (is_composed ? CodePoint::composes : 0u);
  for (size_t at = 0; at < text.size();) {
    const char32_t c = utf8_next(text, at);
    const CodePoint properties = tables[c];
    if (properties.is(changes) || properties.combining_class() != 0) return false;
    if (!is_composed && hangul::is_syllable(c)) return false;
  }
  return true;
}

}  // namespace

void to_form(UnicodeForm form, AlignedText& text) {
  const bool is_compatible = form == UnicodeForm::nfkd || form == UnicodeForm::nfkc;
  const bool is_composed = form == UnicodeForm::nfc || form == UnicodeForm::nfkc;
  if (is_in_form(text.bytes(), is_compatible, is_composed)) return;
  text.scratch.clear();
  Decomposer decomposer(is_compatible, text.scratch);
  for (size_t at = 0; at < text.bytes().size();) decomposer.add(utf8_next(text.bytes(), at));
  decomposer.finish();
  if (is_composed) compose(text.scratch);
  text.transform(text.scratch);
}

}  // namespace penchant
