#include "http/prometheus/ingest.h"

#include <string_view>

#include "http/context.h"
#include "src/base/metrics.h"
#include "src/storage/metrics/metric_store.h"
#include "src/wire/guard.h"

namespace gnomon::prometheus {
namespace {

using model::WriteOutcome;

void append_named(std::string& text, const model::Refusals& refused) {
  for (const model::Refusal& refusal : refused.named()) text += to_string(refusal) + '\n';
}

void count(base::MetricsRegistry* metrics, const WriteOutcome& outcome, uint64_t refused,
           uint64_t skipped) {
  if (metrics == nullptr) return;
  auto stored = static_cast<double>(outcome.samples_stored + outcome.histograms_stored);
  metrics->counter("gnomon_ingested_samples_total", "Samples stored durably.").add(stored);
  metrics->counter("gnomon_refused_samples_total", "Samples refused with an error.")
      .add(static_cast<double>(refused));
  metrics->counter("gnomon_skipped_series_total", "Series left out because of bad labels.")
      .add(static_cast<double>(skipped));
}

void add_written_headers(http::Response& response, const WriteOutcome& outcome) {
  auto add = [&response](std::string_view what, uint64_t count) {
    response.headers.push_back(
        {"X-Prometheus-Remote-Write-" + std::string(what) + "-Written", std::to_string(count)});
  };
  add("Exemplars", outcome.exemplars_stored);
  add("Histograms", outcome.histograms_stored);
  add("Samples", outcome.samples_stored);
}

}  // namespace

Result<void> Ingest::store(model::WriteBatch& batch) {
  wire::guard(batch, tenant_.server.now_ms(), refusals_);
  if (batch.rows.empty() && batch.metadata.empty()) return {};
  TRY(const WriteOutcome outcome, tenant_.store.append(batch, stop_));
  outcome_.samples_stored += outcome.samples_stored;
  outcome_.histograms_stored += outcome.histograms_stored;
  outcome_.exemplars_stored += outcome.exemplars_stored;
  outcome_.refused.add(outcome.refused);
  return {};
}

http::Response Ingest::answer() {
  const uint64_t by_store = outcome_.refused.total();
  const uint64_t named = outcome_.refused.named().size();
  count(tenant_.server.metrics, outcome_, refusals_.samples.total() + by_store,
        refusals_.series.total());
  http::Response response;
  response.status = 204;
  if (refusals_.bad_request() || by_store > 0) {
    std::string text;
    append_named(text, refusals_.samples);
    append_named(text, outcome_.refused);
    if (by_store > named) text += "and " + std::to_string(by_store - named) + " more samples\n";
    response = http::text_response(400, std::move(text));
  }
  add_written_headers(response, outcome_);
  return response;
}

}  // namespace gnomon::prometheus
