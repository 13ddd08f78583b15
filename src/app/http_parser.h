// Bytes of a connection to requests, within the limits of base/limits.h. Wraps Boost.Beast's parser
// (the one file that includes it); what is refused comes back as the status to answer with.
// Thread-safety: one thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "app/http_message.h"

namespace penchant {

class HttpParser {
 public:
  HttpParser();
  ~HttpParser();
  HttpParser(HttpParser&&) noexcept;
  HttpParser& operator=(HttpParser&&) noexcept;

  enum class State {
    head,    // the head is not complete
    body,    // the head is complete, the body is not
    done,    // take() it
    failed,  // answer refusal() and close
  };

  // Takes from the front of `bytes` and returns how many; the rest must come again, with more
  // behind it. Stops once when the head is complete, so that it can be judged before the body, and
  // at the end of the request.
  size_t feed(std::string_view bytes);

  State state() const;
  const HttpRequest& head() const;  // from state body on; without the body
  HttpResponse refusal() const;     // in state failed
  HttpRequest take();               // in state done; the parser then reads the next request

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace penchant
