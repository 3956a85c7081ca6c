// Import of Prometheus' text formats: what a client sends is what an exporter would show.
#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "http/context.h"
#include "http/gzip.h"
#include "http/prometheus/envelope.h"
#include "http/prometheus/handlers.h"
#include "http/prometheus/ingest.h"
#include "src/base/limits.h"
#include "src/base/text.h"
#include "src/wire/exposition.h"

namespace gnomon::prometheus {
namespace {

using base::ErrorKind;
using http::Request;
using http::Response;

constexpr size_t kTailBytes = 64;  // enough to see "# EOF"

using ExtraLabels = std::vector<std::pair<std::string_view, std::string_view>>;

// extra_label=name=value, as VictoriaMetrics has it: every series gets the label.
Result<ExtraLabels> extra_labels(const Request& request) {
  ExtraLabels labels;
  for (std::string_view text : request.parameters.all("extra_label")) {
    size_t equals = text.find('=');
    bool good = equals != std::string_view::npos &&
                model::valid_label_name(text.substr(0, equals)) && base::valid_utf8(text);
    if (!good) {
      return Error{ErrorKind::BadData, "invalid parameter \"extra_label\": " + base::quote(text) +
                                           " is not name=value"};
    }
    labels.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return labels;
}

Result<int64_t> default_time(const Request& request, int64_t now_ms) {
  std::string_view text = request.parameters.get("timestamp");
  if (text.empty()) return now_ms;
  int64_t ms = 0;
  auto [at, bad] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (bad == std::errc() && at == text.data() + text.size()) return ms;
  return Error{ErrorKind::BadData, "invalid parameter \"timestamp\": " + base::quote(text) +
                                       " is not a number of milliseconds"};
}

// A label of a URL stands for as many as there are rows: what they become is limited.
Result<void> add_labels(model::WriteBatch& batch, const ExtraLabels& extra) {
  if (extra.empty()) return {};
  std::string bytes;
  for (model::WriteBatch::Row& row : batch.rows) {
    model::LabelsBuilder builder(batch.labels(row));
    for (const auto& [name, value] : extra) builder.set(name, value);
    model::WriteBatch::put_labels(builder.build().view(), row, bytes);
    if (bytes.size() > base::kWriteBytesDecodedMax) {
      return Error{ErrorKind::BadData, "the labels of " + std::to_string(base::kImportPieceBytes) +
                                           " bytes of text with extra_label exceed the limit of " +
                                           std::to_string(base::kWriteBytesDecodedMax) + " bytes"};
    }
  }
  batch.label_bytes = std::move(bytes);
  return {};
}

Result<Response> import_body(const Request& request, const TenantContext& tenant,
                             std::string_view text) {
  TRY(const ExtraLabels extra, extra_labels(request));
  TRY(const int64_t time, default_time(request, tenant.server.now_ms()));
  std::string_view tail = text.substr(text.size() - std::min(text.size(), kTailBytes));
  wire::ExpositionParser parser(wire::detect_exposition(request.header("Content-Type"), tail),
                                time);
  Ingest ingest(tenant, request.stop);
  model::WriteBatch batch;
  bool more = true;
  while (more) {
    parser.feed(text.substr(0, base::kImportPieceBytes), batch, ingest.refusals());
    text.remove_prefix(std::min(base::kImportPieceBytes, text.size()));
    more = !text.empty();
    if (!more) parser.finish(batch, ingest.refusals());
    TRY_VOID(add_labels(batch, extra));
    TRY_VOID(ingest.store(batch));
    batch.clear();
  }
  return ingest.answer();
}

Result<Response> import_request(const Request& request, const TenantContext& tenant) {
  std::string_view encoding = request.header("Content-Encoding");
  if (encoding.empty() || http::equal_ignoring_case(encoding, "identity")) {
    return import_body(request, tenant, request.body);
  }
  if (!http::equal_ignoring_case(encoding, "gzip")) {
    return http::text_response(415, std::string(encoding) +
                                        " encoding (compression) is not accepted by this server; "
                                        "only gzip is acceptable\n");
  }
  TRY(const std::string text, http::decompress_gzip(request.body, base::kWriteBytesDecodedMax));
  return import_body(request, tenant, text);
}

}  // namespace

Response import_text(const Request& request, const TenantContext& tenant) {
  return or_refusal(import_request(request, tenant));
}

}  // namespace gnomon::prometheus
