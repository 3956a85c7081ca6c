// Questions about series rather than samples: series, labels, label values, metadata, exemplars.
#include <charconv>
#include <optional>
#include <string>

#include "http/context.h"
#include "http/json.h"
#include "http/prometheus/envelope.h"
#include "http/prometheus/handlers.h"
#include "http/prometheus/parameters.h"
#include "http/prometheus/read_deadline.h"
#include "http/prometheus/selectors.h"
#include "src/base/text.h"
#include "src/engine/engine.h"
#include "src/model/labels.h"
#include "src/promql/parser.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::prometheus {
namespace {

using base::ErrorKind;
using http::JsonWriter;
using http::Request;
using http::Response;

// The UTF-8 bytes of a code point; nothing for a surrogate or one out of range.
std::optional<std::string> utf8(uint32_t code) {
  std::string out;
  if (code < 0x80) {
    out = {static_cast<char>(code)};
  } else if (code < 0x800) {
    out = {static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 63))};
  } else if (code < 0x10000) {
    out = {static_cast<char>(0xe0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 63)),
           static_cast<char>(0x80 | (code & 63))};
  } else {
    out = {static_cast<char>(0xf0 | code >> 18), static_cast<char>(0x80 | (code >> 12 & 63)),
           static_cast<char>(0x80 | (code >> 6 & 63)), static_cast<char>(0x80 | (code & 63))};
  }
  if (code > 0x10ffff || !base::valid_utf8(out)) return std::nullopt;
  return out;
}

// U__http_2e_status -> http.status: "__" is "_", "_<hex>_" a code point. A name that is not
// escaped so, or wrongly, stays what it is.
std::string unescape_label_name(const std::string& name) {
  if (!name.starts_with("U__")) return name;
  std::string out;
  for (size_t i = 3; i < name.size();) {
    if (name[i] != '_') {
      out += name[i++];
      continue;
    }
    size_t close = name.find('_', i + 1);
    if (close == std::string::npos) return name;
    uint32_t code = 0;
    const char* begin = name.data() + i + 1;
    const char* end = name.data() + close;
    if (begin == end) {
      out += '_';
    } else {
      auto [at, bad] = std::from_chars(begin, end, code, 16);
      auto character = bad == std::errc() && at == end ? utf8(code) : std::nullopt;
      if (!character) return name;
      out += *character;
    }
    i = close + 1;
  }
  return out;
}

Result<storage::CatalogQuery> time_range(const Request& request) {
  storage::CatalogQuery query;
  TRY(query.min_time_ms, time_parameter(request, "start", model::kTimeMin));
  TRY(query.max_time_ms, time_parameter(request, "end", model::kTimeMax));
  return query;
}

// The names of all labels, or the values of one.
Result<Response> list_strings(const Request& request, const TenantContext& tenant,
                              const std::string& label) {
  TRY(size_t limit, limit_parameter(request));
  TRY(storage::CatalogQuery query, time_range(request));
  TRY(query.matcher_sets, matchers_parameter(request));
  const ReadDeadline deadline(request, tenant);
  TRY(auto strings,
      deadline.checked(tenant.store.catalog().label_strings(query, label, deadline.stop())));
  Remarks remarks;
  truncate(strings, limit, remarks.warnings);
  return success_response(JsonWriter().texts(strings).take(), remarks);
}

Result<Response> list_label_values(const Request& request, const TenantContext& tenant) {
  std::string label = unescape_label_name(std::string(request.path_parameters.get("name")));
  if (!model::valid_label_name(label)) {
    return Error{ErrorKind::BadData, "invalid label name: " + base::quote(label)};
  }
  return list_strings(request, tenant, label);
}

Result<Response> list_series(const Request& request, const TenantContext& tenant) {
  TRY_VOID(check_form(request));
  if (request.parameters.all("match[]").empty()) {
    return Error{ErrorKind::BadData, "no match[] parameter provided"};
  }
  TRY(size_t limit, limit_parameter(request));
  TRY(storage::CatalogQuery query, time_range(request));
  auto sets = matchers_parameter(request);
  if (!sets.ok()) return invalid_parameter("match[]", sets.error());
  query.matcher_sets = std::move(sets).value();
  const ReadDeadline deadline(request, tenant);
  TRY(auto series, deadline.checked(tenant.store.catalog().series(query, deadline.stop())));
  Remarks remarks;
  truncate(series, limit, remarks.warnings);
  JsonWriter json;
  json.begin_array();
  for (const model::Labels& labels : series) json.labels(labels.view());
  return success_response(json.end_array().take(), remarks);
}

// -1: no limit.
Result<int64_t> count_parameter(const Request& request, std::string_view name) {
  std::string_view text = parameter(request, name);
  if (text.empty()) return int64_t{-1};
  int64_t count = 0;
  auto [at, bad] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (bad == std::errc() && at == text.data() + text.size()) return count;
  return Error{ErrorKind::BadData, std::string(name) + " must be a number"};
}

Result<Response> list_metadata(const Request& request, const TenantContext& tenant) {
  TRY(int64_t limit, count_parameter(request, "limit"));
  TRY(int64_t limit_per_metric, count_parameter(request, "limit_per_metric"));
  const ReadDeadline deadline(request, tenant);
  const std::string wanted(parameter(request, "metric"));
  TRY(auto entries, deadline.checked(tenant.store.catalog().metadata(wanted, deadline.stop())));
  JsonWriter json;
  json.begin_object();
  int64_t metrics = 0;
  for (size_t i = 0; i < entries.size() && (limit < 0 || metrics < limit); ++metrics) {
    const std::string& metric = entries[i].metric;
    json.key(metric).begin_array();
    for (int64_t count = 0; i < entries.size() && entries[i].metric == metric; ++i, ++count) {
      if (limit_per_metric > 0 && count >= limit_per_metric) continue;
      const model::Metadata& metadata = entries[i].metadata;
      json.begin_object().key("type").text(metadata.type);
      json.key("help").text(metadata.help).key("unit").text(metadata.unit).end_object();
    }
    json.end_array();
  }
  return success_response(json.end_object().take());
}

void append_exemplars(JsonWriter& json, const storage::ExemplarSeries& series) {
  json.begin_object().key("seriesLabels").labels(series.labels.view());
  json.key("exemplars").begin_array();
  for (const model::Exemplar& exemplar : series.exemplars) {
    std::string value, time;
    http::append_json_float(value, exemplar.value);
    append_json_time(time, exemplar.time_ms);
    json.begin_object().key("labels").labels(exemplar.labels.view());
    json.key("value").text(value).key("timestamp").raw(time).end_object();
  }
  json.end_array().end_object();
}

Result<Response> list_exemplars(const Request& request, const TenantContext& tenant) {
  TRY(storage::CatalogQuery query, time_range(request));
  if (query.max_time_ms < query.min_time_ms) {
    return Error{ErrorKind::BadData, "end timestamp must not be before start timestamp"};
  }
  TRY(auto expression,
      promql::parse(parameter(request, "query"), tenant.engine.options().features));
  query.matcher_sets = selectors_of(*expression);
  if (query.matcher_sets.empty()) {
    Response nothing;
    nothing.status = 204;
    return nothing;
  }
  const ReadDeadline deadline(request, tenant);
  TRY(auto found, deadline.checked(tenant.store.catalog().exemplars(query, deadline.stop())));
  JsonWriter json;
  json.begin_array();
  for (const storage::ExemplarSeries& series : found) append_exemplars(json, series);
  return success_response(json.end_array().take());
}

}  // namespace

Response series(const Request& request, const TenantContext& tenant) {
  return or_error(list_series(request, tenant));
}

Response labels(const Request& request, const TenantContext& tenant) {
  return or_error(list_strings(request, tenant, ""));
}

Response label_values(const Request& request, const TenantContext& tenant) {
  return or_error(list_label_values(request, tenant));
}

Response metadata(const Request& request, const TenantContext& tenant) {
  return or_error(list_metadata(request, tenant));
}

Response query_exemplars(const Request& request, const TenantContext& tenant) {
  return or_error(list_exemplars(request, tenant));
}

}  // namespace gnomon::prometheus
