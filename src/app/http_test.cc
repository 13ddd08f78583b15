#include <gtest/gtest.h>

#include "app/http_message.h"
#include "app/http_parser.h"
#include "app/http_service.h"
#include "app/http_target.h"
#include "base/limits.h"

namespace penchant {
namespace {

using State = HttpParser::State;

const std::string post =
    "POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    "Content-Length: 13\r\n\r\n{\"query\":\"a\"}";
const std::string chunked =
    "POST /v1/search HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    "4;x=y\r\n{\"qu\r\n9\r\nery\":\"a\"}\r\n0\r\nTrailer: z\r\n\r\n";

// Feeds `text` in pieces of `size` bytes; what is left over stays in front of the next piece.
HttpParser parse(const std::string& text, size_t size) {
  HttpParser parser;
  std::string buffer;
  for (size_t at = 0; at < text.size(); at += size) {
    buffer += text.substr(at, size);
    for (size_t used = 1; used > 0 && parser.state() != State::done;)
      buffer.erase(0, used = parser.feed(buffer));
  }
  return parser;
}

TEST(HttpParser, ReadsTheSameWhateverThePieces) {
  for (const std::string& text : {post, chunked}) {
    for (size_t size = 1; size <= text.size(); ++size) {
      HttpParser parser = parse(text, size);
      ASSERT_EQ(parser.state(), State::done) << size;
      const HttpRequest request = parser.take();
      EXPECT_EQ(request.method, "POST");
      EXPECT_EQ(request.target, "/v1/search");
      EXPECT_EQ(request.header("host"), "localhost");
      EXPECT_EQ(request.body, "{\"query\":\"a\"}");
      EXPECT_TRUE(request.keep_alive);
      EXPECT_EQ(parser.state(), State::head);
    }
  }
}

TEST(HttpParser, WaitsForTheRestAtEveryByte) {
  for (const std::string& text : {post, chunked})
    for (size_t size = 0; size < text.size(); ++size) {
      const State state = parse(text.substr(0, size), 1000).state();
      EXPECT_TRUE(state == State::head || state == State::body) << size;
    }
}

TEST(HttpParser, TakesPipelinedRequestsOneByOne) {
  const std::string text = post + post;
  HttpParser parser;
  size_t used = parser.feed(text);
  EXPECT_EQ(parser.state(), State::body);  // stops once to let the head be judged
  used += parser.feed(std::string_view(text).substr(used));
  EXPECT_EQ(parser.state(), State::done);
  EXPECT_EQ(used, post.size());
}

int refusal_of(const std::string& text) {
  const HttpParser parser = parse(text, 4096);
  return parser.state() == State::failed ? parser.refusal().status : 0;
}

TEST(HttpParser, RefusesWhatIsBeyondTheLimits) {
  const std::string host = "Host: localhost\r\n";
  EXPECT_EQ(refusal_of("GET /" + std::string(limits::target_bytes, 'x') + " HTTP/1.1\r\n\r\n"),
            414);
  EXPECT_EQ(refusal_of("GET /" + std::string(limits::target_bytes - 1, 'x') + " HTTP/1.1\r\n\r\n"),
            0);
  EXPECT_EQ(
      refusal_of("GET / HTTP/1.1\r\nX: " + std::string(limits::header_bytes, 'x') + "\r\n\r\n"),
      431);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nX: " + std::string(1 << 20, 'x')), 431);
  EXPECT_EQ(refusal_of("POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n"), 413);
  EXPECT_EQ(refusal_of("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n"), 413);
  EXPECT_EQ(refusal_of("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n"), 501);
  EXPECT_EQ(refusal_of("nonsense\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("GET / HTTP/2.0\r\n\r\n"), 505);
}

TEST(HttpTarget, DecodesSegmentsAndParameters) {
  const auto target = parse_target("/v1/items/b%2F1/%E7%AC%94?n=5&category=a+b%2Bc&flag&&x=1=2#f");
  ASSERT_TRUE(target.ok()) << target.error().message;
  EXPECT_EQ(target->segments, (std::vector<std::string>{"v1", "items", "b/1", "\u7b14"}));
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"n", "5"}, {"category", "a b+c"}, {"flag", ""}, {"x", "1=2"}};
  EXPECT_EQ(target->query, expected);
  EXPECT_EQ(parse_target("http://host:1")->segments, std::vector<std::string>{""});
  EXPECT_EQ(parse_target("http://host:1/a")->authority, "host:1");
}

TEST(HttpTarget, RefusesWhatItCannotDecode) {
  EXPECT_EQ(parse_target("*").error().message, "the request's target does not begin with a slash");
  for (const char* text : {"/%", "/%4", "/%4g", "/?a=%", "/?%=1"})
    EXPECT_NE(parse_target(text).error().message.find("two hexadecimal digits"), std::string::npos);
  EXPECT_EQ(parse_target("/a/%ff").error().message, "path: invalid UTF-8 at byte 0 (0xff)");
  EXPECT_EQ(parse_target("/?n=%ff").error().message, "n: invalid UTF-8 at byte 0 (0xff)");
}

TEST(HttpTarget, FindsTheRouteOrSaysWhatThePathKnows) {
  const auto allow = [](std::string_view path) {
    return find_route("PATCH", parse_target(path)->segments).allow;
  };
  EXPECT_EQ(allow("/v1/items"), "POST");
  EXPECT_EQ(allow("/v1/items/a"), "GET, HEAD, DELETE");
  EXPECT_EQ(allow("/v1/items/a/similar"), "GET, HEAD");
  for (const char* path : {"/", "/v1", "/v1/items/", "/v1/items/a/b", "//v1/items", "/v1/items/a/"})
    EXPECT_EQ(allow(path), "") << path;
  const Route route = find_route("HEAD", parse_target("/v1/users/a%20b/interests")->segments);
  EXPECT_EQ(route.operation, find_operation("interests"));
  EXPECT_EQ(to_text(route.path_arguments), R"({"id":"a b"})");
}

HttpRequest request(std::string_view method, std::string_view target, std::string_view body = "") {
  HttpRequest out;
  out.method = method;
  out.target = target;
  out.body = body;
  out.headers = {{"host", "localhost"}, {"content-type", "application/json; charset=utf-8"}};
  return out;
}

std::string error_of(HttpRequest asked) {
  HttpCall call;
  const auto prepared = prepare_call(std::move(asked), call);
  return prepared.ok() ? "" : prepared.error().message;
}

TEST(HttpService, MakesCallsOfRequests) {
  HttpRequest asked = request("POST", "/v1/search", R"({"query":"a","n":3})");
  asked.headers.emplace_back("penchant-tenant", "shop");
  asked.headers.emplace_back("accept-language", "zh-CN,zh;q=0.9,en;q=0.8");
  HttpCall call;
  ASSERT_TRUE(prepare_call(std::move(asked), call).ok());
  EXPECT_EQ(call.operation, find_operation("search"));
  EXPECT_EQ(call.caller.tenant, "shop");
  EXPECT_EQ(call.caller.language, "zh");
  EXPECT_EQ(to_text(call.arguments), R"({"query":"a","n":3,"offset":0,"explain":true})");
}

TEST(HttpService, NamesWhatIsWrongWithARequest) {
  EXPECT_EQ(error_of(request("GET", "/v1/items/a?n=5")), "\"n\": item has no such query parameter");
  EXPECT_EQ(error_of(request("POST", "/v1/search?n=5", "{}")),
            "\"n\": search has no such query parameter");
  EXPECT_EQ(error_of(request("POST", "/v1/search", R"({"query":"a","m":1})")),
            "\"m\": search has no such field");
  EXPECT_EQ(error_of(request("POST", "/v1/search", "[]")), "body: must be a JSON object");
  EXPECT_EQ(error_of(request("POST", "/v1/search")), "body: is empty");
  EXPECT_EQ(error_of(request("GET", "/v1/users/a/recommendations?n=1&n=2")),
            "n: given more than once");
  HttpRequest asked = request("GET", "/v1/items/a");
  asked.headers.emplace_back("penchant-tenant", "");
  EXPECT_EQ(error_of(asked), "Penchant-Tenant: 0 bytes, must have 1 to 256");
}

int refusal(HttpRequest asked) {
  const auto out = refuse_head(asked);
  return out ? out->status : 0;
}

TEST(HttpService, RefusesByTheHeadAlone) {
  EXPECT_EQ(refusal(request("GET", "/v1/items/a")), 0);
  EXPECT_EQ(refusal(request("GET", "/v1/nothing")), 404);
  EXPECT_EQ(refusal(request("PUT", "/v1/items/a")), 405);
  EXPECT_EQ(refusal(request("POST", "/healthz")), 405);
  HttpRequest asked = request("POST", "/v1/items");
  EXPECT_EQ(refusal(asked), 0);
  asked.content_length = limits::body_bytes + 1;
  EXPECT_EQ(refusal(asked), 413);
  asked = request("POST", "/v1/items");
  asked.headers[1].second = "text/plain";
  EXPECT_EQ(refusal(asked), 415);
  asked.headers.pop_back();
  EXPECT_EQ(refusal(asked), 415);
  asked.headers.clear();
  EXPECT_EQ(refusal(asked), 400);  // no Host
}

TEST(HttpService, AnswersLocalNamesOnly) {
  for (const char* host : {"localhost", "LOCALHOST:80", "127.0.0.1:8080", "[::1]", "[::1]:65535"})
    EXPECT_TRUE(is_local_host(host)) << host;
  for (const char* host : {"example.org", "localhost.", "localhost:", "localhost:x", "[::1", "::1",
                           "localhost:80:80", "127.0.0.1.example.org", "localhost@evil", "[::1]x"})
    EXPECT_FALSE(is_local_host(host)) << host;
}

TEST(HttpService, PrefersTheLanguageTheCallerPrefers) {
  EXPECT_EQ(preferred_language("zh-CN,zh;q=0.9,en;q=0.8"), "zh");
  EXPECT_EQ(preferred_language("de, en-GB;q=0.7, zh;q=0.3"), "en");
  EXPECT_EQ(preferred_language("en;q=0, zh;q=0.1"), "zh");
  EXPECT_EQ(preferred_language("de, *;q=0.5"), "");
  EXPECT_EQ(preferred_language(",,;;q=,zh;q=nonsense"), "zh");
  EXPECT_EQ(preferred_language("english"), "");
}

TEST(HttpService, DescribesEveryRouteOfTheEmbeddingService) {
  const json::object described = description();
  const json::object& paths = described.at("paths").get_object();
  for (const auto routes : {openai_routes(), tei_routes()})
    for (const EmbeddingRoute& route : routes) {
      ASSERT_TRUE(paths.contains(route.path)) << route.path;
      EXPECT_TRUE(
          paths.at(route.path).get_object().contains(route.method == "GET" ? "get" : "post"))
          << route.path;
    }
  EXPECT_TRUE(paths.contains("/v1/match")) << "beside the operations";
}

TEST(HttpMessage, WritesHeadAndBody) {
  const std::string bytes = to_bytes(problem(404, "no \"x\""), false, true, "now");
  EXPECT_TRUE(bytes.starts_with("HTTP/1.1 404 Not Found\r\nDate: now\r\n"));
  EXPECT_NE(bytes.find("\r\nConnection: close\r\n\r\n{\"type\":\"about:blank\""),
            std::string::npos);
  EXPECT_TRUE(bytes.ends_with(R"("status":404,"detail":"no \"x\""})"
                              "\n"));
  EXPECT_TRUE(to_bytes(problem(404, ""), true, false, "").ends_with("keep-alive\r\n\r\n"));
}

TEST(HttpMessage, QuotesOnlyWhatIsUtf8) {
  EXPECT_EQ(in_quotes("a\"b"), "\"a\\\"b\"");
  EXPECT_EQ(in_quotes("a\xff"
                      "b"),
            "\"a\"...");
  EXPECT_EQ(in_quotes(std::string(200, 'x')).size(), 105U);
}

}  // namespace
}  // namespace penchant
