#include "text/bert_normalizer.h"

#include "text/unicode_forms.h"
#include "text/unicode_tables.h"

namespace penchant {

namespace {

bool is_chinese(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
         (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B73F) ||
         (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

bool is_white(char32_t c, CodePoint properties) {
  return c == '\t' || c == '\n' || c == '\r' || properties.is(CodePoint::space);
}

bool is_dropped(char32_t c, CodePoint properties) {
  if (c == '\t' || c == '\n' || c == '\r') return false;
  return c == 0 || c == 0xFFFD || properties.is(CodePoint::control);
}

// Step after step, as the package does it. Right for every text.
void clean(AlignedText& text) {
  const UnicodeTables& tables = UnicodeTables::get();
  text.filter([&](char32_t c) { return !is_dropped(c, tables[c]); });
  text.scratch.clear();
  for (size_t at = 0; at < text.bytes().size();) {
    const char32_t c = utf8_next(text.bytes(), at);
    text.scratch.push_back({is_white(c, tables[c]) ? U' ' : c, 0});
  }
  text.transform(text.scratch);
}

void space_chinese(AlignedText& text) {
  text.scratch.clear();
  for (size_t at = 0; at < text.bytes().size();) {
    const char32_t c = utf8_next(text.bytes(), at);
    if (is_chinese(c)) {
      text.scratch.insert(text.scratch.end(), {{U' ', 0}, {c, 1}, {U' ', 1}});
    } else {
      text.scratch.push_back({c, 0});
    }
  }
  text.transform(text.scratch);
}

// ASCII in place. False, with nothing done, where characters would have to go.
bool normalize_ascii(const normalizers::Bert& step, AlignedText& text) {
  const std::string_view bytes = text.bytes();
  if (!text.is_untouched() || !is_ascii(bytes)) return false;
  if (step.cleans) {
    bool has_control = false;
    for (const char c : bytes) {
      const bool is_space = c == '\t' || c == '\n' || c == '\r';
      has_control |= (c < ' ' && !is_space) || c == 0x7F;
    }
    if (has_control) return false;
  }
  char* const begin = text.data();
  char* const end = begin + bytes.size();
  if (step.cleans)
    for (char* c = begin; c < end; ++c) *c = *c < ' ' ? ' ' : *c;
  if (step.lowers)
    for (char* c = begin; c < end; ++c) *c = *c >= 'A' && *c <= 'Z' ? *c + ('a' - 'A') : *c;
  return true;
}

// All steps at once, character by character, for a text whose origins nobody wants. What that
// cannot do is put marks in order: false, with nothing done, for marks that stay.
class Untracked {
 public:
  Untracked(const normalizers::Bert& step, AlignedText& text)
      : step_(step), text_(text), written_(text.rewritten()) {}

  bool normalize() {
    const std::string_view bytes = text_.bytes();
    for (size_t at = 0; at < bytes.size();) {
      const size_t begin = at;
      const char32_t c = utf8_next(bytes, at);
      const CodePoint properties = tables_[c];
      if (step_.cleans && is_dropped(c, properties)) continue;
      if (step_.cleans && is_white(c, properties)) {
        written_.push_back(' ');
        continue;
      }
      const bool is_spaced = step_.spaces_chinese && is_chinese(c);
      const bool stays = c >= 0x80 && !properties.is(changing) &&
                         properties.combining_class() == 0 && !hangul::is_syllable(c);
      if (is_spaced && stays && at - begin == 3) {  // most of a Chinese text
        const char spaced[] = {' ', bytes[begin], bytes[begin + 1], bytes[begin + 2], ' '};
        written_.append(spaced, sizeof(spaced));
        continue;
      }
      if (is_spaced) written_.push_back(' ');
      if (stays) {
        written_.append(bytes, begin, at - begin);
      } else if (!write_changed(c, properties)) {
        return false;
      }
      if (is_spaced) written_.push_back(' ');
    }
    text_.rewrite();
    return true;
  }

 private:
  static constexpr uint32_t changing =
      CodePoint::has_nfd | CodePoint::has_lower | CodePoint::nonspacing;

  bool write_changed(char32_t c, CodePoint properties) {
    if (!step_.strips_accents) return write_lower(c), true;
    if (hangul::is_syllable(c)) {
      using namespace hangul;
      const char32_t index = c - s_base;
      write_lower(l_base + index / (v_count * t_count));
      write_lower(v_base + index % (v_count * t_count) / t_count);
      if (index % t_count != 0) write_lower(t_base + index % t_count);
      return true;
    }
    const auto parts = properties.is(CodePoint::has_nfd) ? tables_.nfd(c) : std::span(&c, 1);
    for (const char32_t part : parts) {
      if (tables_[part].is(CodePoint::nonspacing)) continue;
      if (tables_[part].combining_class() != 0) return false;
      write_lower(part);
    }
    return true;
  }

  void write_lower(char32_t c) {
    if (!step_.lowers || !tables_[c].is(CodePoint::has_lower)) return utf8_append(written_, c);
    for (const char32_t lower : tables_.lower(c)) utf8_append(written_, lower);
  }

  const UnicodeTables& tables_ = UnicodeTables::get();
  const normalizers::Bert& step_;
  AlignedText& text_;
  std::string& written_;
};

void strip_accents(AlignedText& text) {
  to_form(UnicodeForm::nfd, text);
  const UnicodeTables& tables = UnicodeTables::get();
  text.filter([&](char32_t c) { return !tables[c].is(CodePoint::nonspacing); });
}

}  // namespace

void to_lower(AlignedText& text) {
  const UnicodeTables& tables = UnicodeTables::get();
  text.scratch.clear();
  for (size_t at = 0; at < text.bytes().size();) {
    const char32_t c = utf8_next(text.bytes(), at);
    if (!tables[c].is(CodePoint::has_lower)) {
      text.scratch.push_back({c, 0});
      continue;
    }
    int32_t change = 0;
    for (const char32_t lower : tables.lower(c)) {
      text.scratch.push_back({lower, change});
      change = 1;
    }
  }
  text.transform(text.scratch);
}

void normalize_for_bert(const normalizers::Bert& step, AlignedText& text) {
  if (normalize_ascii(step, text)) return;
  if (!text.is_tracked() && Untracked(step, text).normalize()) return;
  if (step.cleans) clean(text);
  if (step.spaces_chinese) space_chinese(text);
  if (step.strips_accents) strip_accents(text);
  if (step.lowers) to_lower(text);
}

}  // namespace penchant
