// How fast remote write requests are decoded, guarded and packed, one core: a request of 2,000
// series with one sample each and about 150 bytes of labels, as Prometheus sends it.
#include <snappy.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "src/base/clock.h"
#include "src/ingest/guard.h"
#include "src/ingest/remote_write.h"
#include "tests/unit/ingest/proto_writer.h"

namespace {

using gnomon::ingest::ProtoWriter;
using gnomon::ingest::wire_label;
using gnomon::ingest::wire_sample;

constexpr int kSeries = 2'000;
constexpr int kRounds = 2'000;

std::string make_request(int samples_per_series) {
  ProtoWriter request;
  for (int i = 0; i < kSeries; ++i) {
    ProtoWriter series;
    series.message(1, wire_label("__name__", "node_cpu_seconds_total"));
    series.message(1, wire_label("cluster", "production-eu-west-1"));
    series.message(1, wire_label("cpu", std::to_string(i % 64)));
    series.message(1, wire_label("instance", "host-" + std::to_string(i) + ".example.org:9100"));
    series.message(1, wire_label("job", "node-exporter"));
    series.message(1, wire_label("mode", "user"));
    series.message(1, wire_label("zone", "a"));
    for (int s = 0; s < samples_per_series; ++s) {
      series.message(2, wire_sample(i * 0.25 + s, 1'700'000'000'000 + s * 15'000));
    }
    request.message(1, series);
  }
  return request.text();
}

template <typename Decode>
void measure(const char* what, int samples_per_series, Decode decode) {
  gnomon::model::WriteBatch batch;
  int64_t best = INT64_MAX;
  constexpr int kBatch = 50;
  for (int round = 0; round < kRounds / kBatch; ++round) {
    const int64_t begin = gnomon::base::monotonic_ns();
    for (int i = 0; i < kBatch; ++i) {
      gnomon::ingest::Refusals refusals;
      decode(batch, refusals);
      gnomon::ingest::guard(batch, 1'700'000'000'000, refusals);
    }
    best = std::min(best, gnomon::base::monotonic_ns() - begin);
  }
  const double samples = double{kSeries} * kBatch * samples_per_series;
  std::printf(
      "%-28s %2d samples/series  %6.2f M samples/s  %5.0f ns/series  label bytes/series %zu\n",
      what, samples_per_series, samples * 1e3 / static_cast<double>(best),
      static_cast<double>(best) / (double{kSeries} * kBatch), batch.label_bytes.size() / kSeries);
}

}  // namespace

int main() {
  gnomon::ingest::RemoteWriteDecoder decoder;
  for (const int samples : {1, 10}) {
    const std::string message = make_request(samples);
    std::string body;
    snappy::Compress(message.data(), message.size(), &body);
    measure("protobuf", samples, [&](auto& batch, auto& refusals) {
      if (!decoder.decode_message(message, batch, refusals).ok()) std::abort();
    });
    measure("snappy + protobuf", samples, [&](auto& batch, auto& refusals) {
      if (!decoder.decode(body, batch, refusals).ok()) std::abort();
    });
  }
}
