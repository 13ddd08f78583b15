// Every limit on outside input, in one place. Beyond one, the answer is Code::too_large (or
// invalid) with the value and the limit in the sentence. docs/FORMATS.md repeats those a user
// meets.
#pragma once

#include <cstddef>
#include <cstdint>

namespace penchant::limits {

inline constexpr size_t id_bytes = 256;                   // item, user, tenant, event type
inline constexpr size_t text_bytes = 1u << 20;            // one text to tokenise, embed or match
inline constexpr size_t line_bytes = 4u << 20;            // one line of an imported file
inline constexpr size_t body_bytes = 32u << 20;           // one HTTP request body
inline constexpr size_t header_bytes = 16u << 10;         // all HTTP headers together
inline constexpr size_t target_bytes = 8u << 10;          // HTTP path and query
inline constexpr size_t bodies_bytes = 512u << 20;        // all bodies being read or worked on
inline constexpr size_t connections = 1'024;              // open HTTP connections
inline constexpr size_t queued_requests = 256;            // waiting for a worker, a kind of work
inline constexpr size_t objects_per_request = 10'000;     // items, users or events in one array
inline constexpr size_t texts_per_request = 1'024;        // texts in one embed or mine request
inline constexpr size_t answers_per_request = 1'000;      // n of recommend, similar, search
inline constexpr size_t offset_per_request = 10'000;      // offset of the same
inline constexpr size_t list_values = 1'000;              // categories, labels, interests, exclude
inline constexpr size_t filter_bytes = 4u << 10;          // one filter expression
inline constexpr size_t filter_depth = 32;                // parentheses in it
inline constexpr size_t json_depth = 32;                  // nesting of any JSON read
inline constexpr size_t config_bytes = 1u << 20;          // config.json and its kind
inline constexpr size_t tokenizer_bytes = 64u << 20;      // tokenizer.json (e5: 17 MB)
inline constexpr size_t decoded_bytes = 16u << 20;        // text of the ids in one call
inline constexpr size_t token_bytes = 1'024;              // one token of a vocabulary
inline constexpr size_t vocabulary_ids = 1u << 22;        // ids are below (the largest known: 262k)
inline constexpr size_t template_pieces = 256;            // tokens a post-processor adds
inline constexpr size_t safetensors_header = 100u << 20;  // as the format's own limit
inline constexpr size_t vector_dimensions = 4'096;
inline constexpr size_t word_vectors = 10'000'000;     // words of one file of vectors
inline constexpr size_t fitted_texts = 2'000'000;      // that a smaller model is made with
inline constexpr size_t catalogue_items = 50'000'000;  // per tenant

}  // namespace penchant::limits
