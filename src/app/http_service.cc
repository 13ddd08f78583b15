#include "app/http_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "app/http_target.h"
#include "app/version.h"
#include "base/assets.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"
#include "engine/engine.h"

namespace penchant {

namespace {

constexpr std::string_view fixed_paths[] = {"/healthz", "/readyz", "/metrics", "/v1/openapi.json"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view trim(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

// The fixed path that the target names, or "".
std::string_view fixed_path(const HttpTarget& target) {
  const std::string path = fmt::format("/{}", fmt::join(target.segments, "/"));
  for (const std::string_view fixed : fixed_paths)
    if (path == fixed) return fixed;
  return "";
}

HttpResponse not_allowed(std::string_view method, std::string_view allow) {
  HttpResponse out =
      problem(405, fmt::format("this path knows {}, not {}", allow, in_quotes(method)));
  out.headers.emplace_back("Allow", allow);
  return out;
}

std::optional<HttpResponse> refuse_host(const HttpRequest& head, std::string_view authority) {
  const size_t count = head.header_count("host");
  if (count > 1 || (count == 0 && head.minor_version > 0))
    return problem(400, "a request needs exactly one Host header");
  for (const std::string_view host : {head.header("host"), authority}) {
    if (!host.empty() && !is_local_host(host))
      return problem(421, fmt::format("host {} is not served here, only localhost, 127.0.0.1 "
                                      "and [::1] are",
                                      in_quotes(host)));
  }
  return std::nullopt;
}

// Only application/json: a web page could send other types here without asking the user.
bool takes_body(const Operation& operation) {
  return std::any_of(operation.fields.begin(), operation.fields.end(),
                     [](auto& f) { return f.place == FieldPlace::body; });
}

std::optional<HttpResponse> refuse_body(const HttpRequest& head) {
  const std::string_view type = head.header("content-type");
  if (lower(trim(type.substr(0, type.find(';')))) != "application/json")
    return problem(415, fmt::format("Content-Type must be application/json, not {}",
                                    type.empty() ? "absent" : in_quotes(type)));
  if (!head.header("content-encoding").empty())
    return problem(415, "Content-Encoding: compressed bodies are not read here");
  return std::nullopt;
}

Result<std::string> tenant_of(const HttpRequest& request) {
  if (request.header_count("penchant-tenant") == 0) return std::string("default");
  const std::string_view tenant = request.header("penchant-tenant");
  if (tenant.empty() || tenant.size() > limits::id_bytes)
    return invalid(fmt::format("Penchant-Tenant: {} bytes, must have 1 to {}", tenant.size(),
                               limits::id_bytes));
  TRY(check_utf8(tenant, "Penchant-Tenant"));
  return std::string(tenant);
}

// The embedding service's route of a request, or null.
const EmbeddingRoute* embedding_route(const HttpRequest& request) {
  const auto target = parse_target(request.target);
  std::string_view allow;
  return target.ok() ? find_embedding_route(request.method, target->segments, allow) : nullptr;
}

}  // namespace

bool is_local_host(std::string_view host) {
  std::string_view name = host;
  const size_t colon =
      host.find(':', host.starts_with('[') ? std::min(host.find(']'), host.size()) : 0);
  if (colon != host.npos) {
    name = host.substr(0, colon);
    const std::string_view port = host.substr(colon + 1);
    if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != port.npos)
      return false;
  }
  const std::string known = lower(name);
  return known == "localhost" || known == "127.0.0.1" || known == "[::1]";
}

std::string_view preferred_language(std::string_view accept_language) {
  std::string_view best;
  double best_quality = 0;
  while (!accept_language.empty()) {
    const size_t comma = std::min(accept_language.find(','), accept_language.size());
    const std::string_view entry = accept_language.substr(0, comma);
    accept_language.remove_prefix(std::min(comma + 1, accept_language.size()));
    const std::string tag = lower(trim(entry.substr(0, entry.find(';'))));
    double quality = 1;
    if (const size_t q = entry.find("q="); q != entry.npos)
      std::from_chars(entry.data() + q + 2, entry.data() + entry.size(), quality);
    for (const std::string_view language : {"zh", "en"})
      if ((tag == language || tag.starts_with(fmt::format("{}-", language))) &&
          quality > best_quality) {
        best = language;
        best_quality = quality;
      }
  }
  return best;
}

json::object description() {
  json::object out = openapi(program_version());
  constexpr std::string_view name = "app/embedding_openapi.json";
  const json::object embedding = parse_json(assets::get(name), name).value().get_object();
  const auto add = [](const json::value& entries, json::value& to) {
    for (const auto& entry : entries.get_object()) to.get_object()[entry.key()] = entry.value();
  };
  add(embedding.at("paths"), out["paths"]);
  for (const char* kind : {"schemas", "responses"})
    add(embedding.at(kind), out["components"].get_object()[kind]);
  return out;
}

std::optional<HttpResponse> refuse_head(const HttpRequest& head) {
  const auto target = parse_target(head.target);
  if (!target.ok()) return problem(target.error());
  if (auto refusal = refuse_host(head, target->authority)) return refusal;
  const std::string_view expect = head.header("expect");
  if (!expect.empty() && lower(expect) != "100-continue")
    return problem(417, "Expect: only 100-continue is known here");
  if (head.content_length.value_or(0) > limits::body_bytes)
    return problem(413, fmt::format("a body of {} bytes, the limit is {}", *head.content_length,
                                    limits::body_bytes));
  if (!fixed_path(*target).empty()) {
    if (head.method == "GET" || head.method == "HEAD") return std::nullopt;
    return not_allowed(head.method, "GET, HEAD");
  }
  std::string_view allow;
  if (find_embedding_route(head.method, target->segments, allow) != nullptr)
    return head.method == "POST" ? refuse_body(head) : std::nullopt;
  if (!allow.empty()) return not_allowed(head.method, allow);
  const Route route = find_route(head.method, target->segments);
  if (route.operation == nullptr && route.allow.empty())
    return problem(404, fmt::format("there is no path {}; /v1/openapi.json describes all",
                                    in_quotes(head.target)));
  if (route.operation == nullptr) return not_allowed(head.method, route.allow);
  return takes_body(*route.operation) ? refuse_body(head) : std::nullopt;
}

Result<> prepare_call(HttpRequest request, HttpCall& call) {
  TRY(const HttpTarget target, parse_target(request.target));
  Route route = find_route(request.method, target.segments);
  if (route.operation == nullptr) return not_found("there is no such path");
  const Operation& operation = *route.operation;
  call.operation = &operation;
  TRY(call.caller.tenant, tenant_of(request));
  call.caller.language = preferred_language(request.header("accept-language"));
  json::object raw = std::move(route.path_arguments);
  TRY(add_query_arguments(operation, target, raw));
  if (operation.method == "POST") {
    if (request.body.empty()) return invalid("body: is empty");
    TRY(json::value body, parse_json(request.body, "body"));
    request.body = {};
    TRY(add_body_arguments(operation, std::move(body), raw));
  }
  TRY(call.arguments, check_arguments(operation, std::move(raw)));
  return {};
}

HttpService::HttpService(Engine& engine, const EmbeddingOptions& embedding)
    : engine_(engine), embedding_(engine, embedding), description_(to_text(description()) + "\n") {}

std::optional<HttpResponse> HttpService::refuse(const HttpRequest& head) const {
  if (auto refusal = refuse_head(head)) return refusal;
  const size_t limit = embedding_.options().payload_bytes;
  if (head.content_length.value_or(0) <= limit) return std::nullopt;
  const EmbeddingRoute* route = embedding_route(head);
  if (route == nullptr) return std::nullopt;
  return api_error(route->style, too_large(fmt::format("a body of {} bytes, the limit is {}",
                                                       *head.content_length, limit)));
}

HttpResponse HttpService::busy(const HttpRequest& request) const {
  const EmbeddingRoute* route = embedding_route(request);
  if (route != nullptr)
    return api_error(route->style, Error{Code::exhausted, "the model is overloaded; try again"});
  HttpResponse out = problem(503, "the server is busy; try again");
  out.headers.emplace_back("Retry-After", "1");
  return out;
}

Lane HttpService::lane(const HttpRequest& request) const {
  const auto target = parse_target(request.target);
  if (!target.ok()) return Lane::here;
  const std::string_view path = fixed_path(*target);
  if (path == "/metrics") return Lane::control;
  if (embedding_route(request) != nullptr) return Lane::embedding;
  const Operation* operation = find_route(request.method, target->segments).operation;
  if (!path.empty() || operation == nullptr) return Lane::here;
  return operation->heavy ? Lane::heavy : Lane::quick;
}

HttpResponse HttpService::fixed(std::string_view path) {
  HttpResponse out;
  if (path == "/metrics") {
    out.content_type = "text/plain; version=0.0.4; charset=utf-8";
    out.body = metrics.text(engine_.status(), connections);
  } else if (path == "/v1/openapi.json") {
    out = json_response(description_);
  } else if (path == "/readyz" && stopping_) {
    out = problem(503, "the server is stopping");
  } else {
    out = json_response(fmt::format("{{\"status\":\"{}\"}}\n", path == "/readyz" ? "ready" : "ok"));
  }
  out.operation = path;
  return out;
}

HttpResponse HttpService::handle(HttpRequest request) {
  if (const auto target = parse_target(request.target); target.ok())
    if (const std::string_view path = fixed_path(*target); !path.empty()) return fixed(path);
  if (const EmbeddingRoute* route = embedding_route(request); route != nullptr) {
    HttpResponse out = embedding_.handle(request, *route, parse_target(request.target)->segments);
    out.operation = route->path;
    return out;
  }
  HttpCall call;
  HttpResponse out;
  if (const auto prepared = prepare_call(std::move(request), call); !prepared.ok()) {
    out = problem(prepared.error());
  } else {
    const auto answer = call.operation->handler(engine_, call.caller, call.arguments);
    out = answer.ok() ? json_response(to_text(*answer) + "\n") : problem(answer.error());
    if (out.status == 500) log(LogLevel::error, answer.error().message);
  }
  if (call.operation != nullptr) out.operation = call.operation->name;
  return out;
}

}  // namespace penchant
