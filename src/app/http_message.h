// A request and a response of HTTP as values, and problem documents (RFC 9457).
// Thread-safety: values and functions.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace penchant {

struct HttpRequest {
  std::string method;
  std::string target;  // as sent: "/v1/items/b%2F1?n=5"
  int minor_version = 1;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case, in order
  std::string body;
  std::optional<uint64_t> content_length;
  bool is_chunked = false;
  bool keep_alive = true;
  std::chrono::steady_clock::time_point arrived = std::chrono::steady_clock::now();
  // Turns true when the client closes its side while the request is worked on; null: nobody looks.
  std::shared_ptr<std::atomic<bool>> gone;

  // The first header of that lower-case name, or "".
  std::string_view header(std::string_view name) const;
  size_t header_count(std::string_view name) const;
  bool has_body() const { return is_chunked || content_length.value_or(0) > 0; }
};

struct HttpResponse {
  int status = 200;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // beyond those every answer has
  std::string_view operation = "none";                       // for the metrics; a literal
};

// Bytes of a header or target inside an error's sentence: in quotes, cut when long, and only as far
// as they are UTF-8.
std::string in_quotes(std::string_view bytes);

std::string_view reason_phrase(int status);

// The status that stands for a kind of error.
int status_of(Code code);

// {"type","title","status","detail"} as application/problem+json.
HttpResponse problem(int status, std::string_view detail);
HttpResponse problem(const Error& error);

// Head and body as bytes; without the body for HEAD.
std::string to_bytes(const HttpResponse& response, bool keep_alive, bool with_body,
                     std::string_view date);

}  // namespace penchant
