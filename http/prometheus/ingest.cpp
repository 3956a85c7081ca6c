#include "http/prometheus/ingest.h"

#include <algorithm>
#include <numeric>
#include <string_view>

#include "http/context.h"
#include "http/json.h"
#include "src/base/limits.h"
#include "src/base/metrics.h"
#include "src/storage/metrics/metric_store.h"
#include "src/wire/guard.h"

namespace gnomon::prometheus {
namespace {

using model::WriteOutcome;

constexpr size_t kReasons = static_cast<size_t>(WriteOutcome::Reason::Count_);

// In the order of WriteOutcome::Reason; Prometheus' texts.
constexpr std::string_view kReasonTexts[kReasons] = {
    "duplicate sample for timestamp",
    "too old sample",
    "timestamp is too far in the future",
    "invalid histogram",
};

void append_refusals(std::string& text, const WriteOutcome& outcome, uint64_t refused) {
  for (const WriteOutcome::Refusal& refusal : outcome.refusals) {
    text += kReasonTexts[static_cast<size_t>(refusal.reason)];
    text += ": " + refusal.labels + " at " + std::to_string(refusal.time_ms) + '\n';
  }
  if (refused > outcome.refusals.size()) {
    text += "and " + std::to_string(refused - outcome.refusals.size()) + " more samples\n";
  }
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

http::Response or_refusal(Result<http::Response> result) {
  if (result.ok()) return std::move(result).value();
  const base::Error& error = result.error();
  return http::text_response(http::http_status(error.kind), error.message + "\n");
}

Result<void> Ingest::store(model::WriteBatch& batch) {
  wire::guard(batch, context_.now_ms(), refusals_);
  if (batch.rows.empty() && batch.metadata.empty()) return {};
  TRY(const WriteOutcome outcome, context_.store->append(batch, stop_));
  outcome_.samples_stored += outcome.samples_stored;
  outcome_.histograms_stored += outcome.histograms_stored;
  outcome_.exemplars_stored += outcome.exemplars_stored;
  for (size_t reason = 0; reason < kReasons; ++reason) {
    outcome_.refused[reason] += outcome.refused[reason];
  }
  size_t room = base::kRefusalsNamedMax - outcome_.refusals.size();
  size_t named = std::min(room, outcome.refusals.size());
  outcome_.refusals.insert(outcome_.refusals.end(), outcome.refusals.begin(),
                           outcome.refusals.begin() + static_cast<std::ptrdiff_t>(named));
  return {};
}

http::Response Ingest::answer() {
  uint64_t by_store = std::accumulate(outcome_.refused, outcome_.refused + kReasons, uint64_t{0});
  count(context_.metrics, outcome_, refusals_.samples_refused + by_store, refusals_.series_skipped);
  http::Response response;
  response.status = 204;
  if (refusals_.bad_request() || by_store > 0) {
    std::string text;
    for (const std::string& error : refusals_.errors) text += error + '\n';
    append_refusals(text, outcome_, by_store);
    response = http::text_response(400, std::move(text));
  }
  add_written_headers(response, outcome_);
  return response;
}

}  // namespace gnomon::prometheus
