#include "http/prometheus/envelope.h"

#include <utility>

#include "http/json.h"
#include "http/route.h"

namespace gnomon::prometheus {

using http::JsonWriter;
using http::Response;

std::string remarks_json(const Remarks& remarks) {
  std::string json;
  if (!remarks.warnings.empty()) {
    json += ",\"warnings\":" + JsonWriter().texts(remarks.warnings).take();
  }
  if (!remarks.infos.empty()) json += ",\"infos\":" + JsonWriter().texts(remarks.infos).take();
  return json;
}

Response success_response(std::string_view data, const Remarks& remarks) {
  std::string body = "{\"status\":\"success\",\"data\":";
  body += data;
  body += remarks_json(remarks) + '}';
  return http::json_response(200, std::move(body));
}

Response error_response(const Error& error) {
  std::string body = "{\"status\":\"error\",\"errorType\":\"";
  body += base::error_kind_name(error.kind);
  body += "\",\"error\":";
  http::append_json_text(body, error.message);
  body += '}';
  return http::json_response(http::http_status(error.kind), std::move(body));
}

Response or_error(Result<Response> result) {
  if (!result.ok()) return error_response(result.error());
  return std::move(result).value();
}

Response or_refusal(Result<Response> result) {
  if (result.ok()) return std::move(result).value();
  const Error& error = result.error();
  return http::text_response(http::http_status(error.kind), error.message + "\n");
}

}  // namespace gnomon::prometheus
