// Prometheus' remote read, answered with whole samples: chunks are asked for first, but every
// client takes samples instead.
#include <string>

#include "http/context.h"
#include "http/prometheus/envelope.h"
#include "http/prometheus/handlers.h"
#include "http/prometheus/read_deadline.h"
#include "src/engine/engine.h"
#include "src/storage/metrics/each_series.h"
#include "src/wire/remote_read.h"

namespace gnomon::prometheus {
namespace {

using base::ErrorKind;
using http::Request;
using http::Response;

Result<void> answer_query(wire::ReadQuery query, const TenantContext& tenant,
                          const ReadDeadline& deadline, uint64_t& samples_left,
                          wire::ReadResponse& response) {
  const uint64_t samples_max = tenant.engine.options().max_samples;
  const storage::Fragment fragment{std::move(query.matchers), query.min_time_ms, query.max_time_ms};
  const auto add_series = [&](const model::Labels& labels,
                              const model::SampleBlock& block) -> Result<void> {
    if (block.size() > samples_left) {
      return Error{ErrorKind::BadData,
                   "exceeded sample limit (" + std::to_string(samples_max) + ")"};
    }
    samples_left -= block.size();
    response.add_series(labels, block);
    return {};
  };
  TRY_VOID(
      deadline.checked(storage::each_series(tenant.store, fragment, deadline.stop(), add_series)));
  response.end_query();
  return {};
}

Result<Response> read_samples(const Request& request, const TenantContext& tenant) {
  TRY(auto queries, wire::decode_read_request(request.body));
  uint64_t samples_left = tenant.engine.options().max_samples;
  const ReadDeadline deadline(request, tenant);
  wire::ReadResponse read;
  for (wire::ReadQuery& query : queries) {
    TRY_VOID(answer_query(std::move(query), tenant, deadline, samples_left, read));
  }
  Response response;
  response.content_type = "application/x-protobuf";
  response.headers.push_back({"Content-Encoding", "snappy"});
  response.body = read.take();
  return response;
}

}  // namespace

Response read(const Request& request, const TenantContext& tenant) {
  return or_refusal(read_samples(request, tenant));
}

}  // namespace gnomon::prometheus
