#include "app/http_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/check.h"
#include "base/limits.h"

namespace penchant {

namespace http = boost::beast::http;

namespace {

// Room for the method, the version and the line ends beside the target and the header fields.
constexpr size_t head_bytes = limits::target_bytes + limits::header_bytes + 64;

HttpResponse target_refusal() {
  return problem(414,
                 fmt::format("the path and query are longer than {} bytes", limits::target_bytes));
}

HttpResponse header_refusal() {
  return problem(431, fmt::format("the header fields are longer than {} bytes together",
                                  limits::header_bytes));
}

HttpResponse refusal_of(const boost::beast::error_code& error) {
  if (error == http::error::body_limit)
    return problem(413, fmt::format("the body is longer than {} bytes", limits::body_bytes));
  if (error == http::error::bad_version) return problem(505, "this server speaks HTTP/1.1");
  return problem(400, fmt::format("malformed request: {}", error.message()));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace

struct HttpParser::Impl {
  std::optional<http::request_parser<http::string_body>> parser;
  State state = State::head;
  bool has_begun = false;  // a byte of this request has been seen
  bool has_line = false;   // its first line has been taken
  HttpRequest head;
  HttpResponse refusal;

  Impl() { restart(); }

  void restart() {
    parser.emplace();
    parser->header_limit(head_bytes);
    parser->body_limit(limits::body_bytes);
    state = State::head;
    head = {};
    has_begun = has_line = false;
  }

  void fail(HttpResponse response) {
    refusal = std::move(response);
    state = State::failed;
  }

  // What is too long: the first line, if it has no end within its limit, else the fields.
  HttpResponse head_refusal(std::string_view bytes) const {
    const size_t end = bytes.substr(0, limits::target_bytes + 32).find('\n');
    return !has_line && end == bytes.npos ? target_refusal() : header_refusal();
  }

  void take_head() {
    const auto& message = parser->get();
    head.method = std::string(message.method_string());
    head.target = std::string(message.target());
    head.minor_version = message.version() == 10 ? 0 : 1;
    head.keep_alive = parser->keep_alive();
    head.is_chunked = parser->chunked();
    if (const auto length = parser->content_length()) head.content_length = *length;
    size_t bytes = 0;
    for (const auto& field : message) {
      head.headers.emplace_back(lower(field.name_string()), std::string(field.value()));
      bytes += field.name_string().size() + field.value().size() + 4;
    }
    state = State::body;
    if (bytes > limits::header_bytes) fail(header_refusal());
    if (head.target.size() > limits::target_bytes) fail(target_refusal());
    // A body in a coding we do not know would be read as the next request.
    if (const auto coding = lower(head.header("transfer-encoding"));
        !coding.empty() && coding != "chunked")
      fail(problem(501, fmt::format("transfer coding {} is not known here", in_quotes(coding))));
  }
};

HttpParser::HttpParser() : impl_(std::make_unique<Impl>()) {}
HttpParser::~HttpParser() = default;
HttpParser::HttpParser(HttpParser&&) noexcept = default;
HttpParser& HttpParser::operator=(HttpParser&&) noexcept = default;

HttpParser::State HttpParser::state() const { return impl_->state; }
const HttpRequest& HttpParser::head() const { return impl_->head; }
HttpResponse HttpParser::refusal() const { return impl_->refusal; }

size_t HttpParser::feed(std::string_view bytes) {
  size_t used = 0;
  if (!impl_->has_begun) {  // RFC 9112, 2.2: empty lines before a request are passed over
    used = std::min(bytes.find_first_not_of("\r\n"), bytes.size());
    impl_->has_begun = used < bytes.size();
  }
  while (used < bytes.size() && (impl_->state == State::head || impl_->state == State::body)) {
    const std::string_view rest = bytes.substr(used);
    boost::beast::error_code error;
    const size_t n = impl_->parser->put(boost::asio::const_buffer(rest.data(), rest.size()), error);
    used += n;
    const bool needs_more = error == http::error::need_more;
    if (error && !needs_more) {
      impl_->fail(error == http::error::header_limit ? impl_->head_refusal(rest)
                                                     : refusal_of(error));
      break;
    }
    impl_->has_line = impl_->has_line || n > 0;
    const bool was_head = impl_->state == State::head;
    if (was_head && impl_->parser->is_header_done()) impl_->take_head();
    if (impl_->state == State::body && impl_->parser->is_done()) impl_->state = State::done;
    if (was_head && impl_->state != State::head) break;
    if (needs_more || n == 0) break;
  }
  return used;
}

HttpRequest HttpParser::take() {
  CHECK(impl_->state == State::done, "the request is not complete");
  HttpRequest out = std::move(impl_->head);
  out.body = std::move(impl_->parser->get().body());
  impl_->restart();
  return out;
}

}  // namespace penchant
