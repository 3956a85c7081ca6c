// federate: the latest sample of every chosen series, as a scrape by another Prometheus sees it.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "http/context.h"
#include "http/prometheus/envelope.h"
#include "http/prometheus/escaping.h"
#include "http/prometheus/handlers.h"
#include "http/prometheus/parameters.h"
#include "http/prometheus/read_deadline.h"
#include "src/base/text.h"
#include "src/engine/engine.h"
#include "src/storage/metrics/each_series.h"

namespace gnomon::prometheus {
namespace {

using http::Request;
using http::Response;

struct LatestSample {
  model::Labels labels;
  int64_t time_ms = 0;
  double value = 0;
};

// The last float, unless it is a stale marker or a histogram came later: the text format has none.
std::optional<LatestSample> latest(const model::Labels& labels, const model::SampleBlock& block) {
  if (block.times.empty() || model::is_stale(block.values.back())) return std::nullopt;
  int64_t time = block.times.back();
  if (!block.histograms.empty() && block.histograms.back().time_ms > time) return std::nullopt;
  return LatestSample{labels, time, block.values.back()};
}

void append_label(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += "=\"";
  for (char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? "\\n" : std::string_view(&c, 1);
  }
  out += "\",";
}

// `metric` is escaped; one in quotes goes between the braces.
void append_sample(std::string& out, const std::string& metric, const LatestSample& sample,
                   Escaping escaping) {
  bool quoted = metric.starts_with('"');
  out += quoted ? '{' + metric + ',' : metric + '{';
  for (model::Label label : sample.labels) {
    if (label.name == model::kMetricName) continue;
    append_label(out, escaped_label_name(label.name, escaping), label.value);
  }
  // Without it the scraper would put its own there.
  if (!sample.labels.has("instance")) append_label(out, "instance", "");
  out.back() = '}';
  out += ' ' + base::format_float_g(sample.value) + ' ' + std::to_string(sample.time_ms) + '\n';
}

Result<Response> federated(const Request& request, const TenantContext& tenant) {
  TRY_VOID(check_form(request));
  TRY(const auto sets, selectors_parameter(request));
  storage::Fragment fragment;
  fragment.max_time_ms = tenant.server.now_ms();
  fragment.min_time_ms = fragment.max_time_ms - tenant.engine.options().lookback_ms + 1;
  const ReadDeadline deadline(request, tenant);
  std::vector<LatestSample> samples;
  for (const model::Matchers& matchers : sets) {
    fragment.matchers = matchers;
    const auto keep_latest = [&](const model::Labels& labels,
                                 const model::SampleBlock& block) -> Result<void> {
      if (auto sample = latest(labels, block)) samples.push_back(std::move(*sample));
      return {};
    };
    TRY_VOID(deadline.checked(
        storage::each_series(tenant.store, fragment, deadline.stop(), keep_latest)));
  }
  auto name = [](const LatestSample& sample) { return sample.labels.get(model::kMetricName); };
  std::sort(samples.begin(), samples.end(), [&](const LatestSample& a, const LatestSample& b) {
    auto order = name(a) <=> name(b);
    return order != 0 ? order < 0 : a.labels < b.labels;
  });
  auto same = [](const LatestSample& a, const LatestSample& b) { return a.labels == b.labels; };
  samples.erase(std::unique(samples.begin(), samples.end(), same), samples.end());

  Response response = http::text_response(200, "");
  const Escaping escaping = requested_escaping(request.header("Accept"));
  response.content_type = "text/plain; version=0.0.4; charset=utf-8; escaping=";
  response.content_type += escaping_text(escaping);
  std::string before;
  for (const LatestSample& sample : samples) {
    std::string metric = escaped_metric_name(name(sample), escaping);
    if (metric != before) response.body += "# TYPE " + metric + " untyped\n";
    append_sample(response.body, metric, sample, escaping);
    before = std::move(metric);
  }
  return response;
}

}  // namespace

Response federate(const Request& request, const TenantContext& tenant) {
  return or_refusal(federated(request, tenant));
}

}  // namespace gnomon::prometheus
