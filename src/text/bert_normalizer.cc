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
  if (step.cleans) clean(text);
  if (step.spaces_chinese) space_chinese(text);
  if (step.strips_accents) strip_accents(text);
  if (step.lowers) to_lower(text);
}

}  // namespace penchant
