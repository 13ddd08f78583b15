// What the routes of text-embeddings-inference share. Thread-safety: functions on values.
#pragma once

#include <string_view>

#include "app/embedding_api.h"

namespace penchant {

HttpResponse tei_empty(std::string_view field);      // 400
HttpResponse tei_backend(std::string_view message);  // 424: beyond the model

// No more texts than one request may have.
Result<> check_client_batch(const EmbeddingApi& api, size_t texts);

// `truncate` and `truncation_direction` of an object.
Result<TokenOptions> read_truncation(const json::object& body);

// POST /rerank and POST /predict (embedding_scores.cc).
Result<HttpResponse> tei_rerank(EmbeddingApi& api, const HttpRequest& request,
                                const json::object& body, std::string_view model);
Result<HttpResponse> tei_predict(EmbeddingApi& api, const HttpRequest& request,
                                 const json::object& body, std::string_view model);

}  // namespace penchant
