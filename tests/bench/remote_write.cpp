// How fast remote write requests of both versions are decoded, guarded and packed, one core: a
// request of 2,000 series with about 150 bytes of labels, as Prometheus sends it.
#include <snappy.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "src/base/clock.h"
#include "src/wire/guard.h"
#include "src/wire/remote_write.h"
#include "tests/unit/wire/proto_writer.h"

namespace {

using gnomon::wire::ProtoWriter;
using gnomon::wire::wire_label;
using gnomon::wire::wire_sample;
using gnomon::wire::WriteMessage;

constexpr int kSeries = 2'000;
constexpr int kRounds = 2'000;

std::vector<std::pair<std::string, std::string>> labels_of(int i) {
  return {{"__name__", "node_cpu_seconds_total"},
          {"cluster", "production-eu-west-1"},
          {"cpu", std::to_string(i % 64)},
          {"instance", "host-" + std::to_string(i) + ".example.org:9100"},
          {"job", "node-exporter"},
          {"mode", "user"},
          {"zone", "a"}};
}

std::string make_request_v2(int samples_per_series) {
  std::map<std::string, uint64_t> refs;
  ProtoWriter request = ProtoWriter().bytes(4, "");
  const auto ref = [&](const std::string& symbol) {
    const auto [at, fresh] = refs.try_emplace(symbol, refs.size() + 1);
    if (fresh) request.bytes(4, symbol);
    return at->second;
  };
  for (int i = 0; i < kSeries; ++i) {
    ProtoWriter packed;
    for (const auto& [name, value] : labels_of(i)) {
      packed.raw_varint(ref(name)).raw_varint(ref(value));
    }
    ProtoWriter series = ProtoWriter().message(1, packed);
    for (int s = 0; s < samples_per_series; ++s) {
      series.message(2, wire_sample(i * 0.25 + s, 1'700'000'000'000 + s * 15'000));
    }
    series.message(5, ProtoWriter().varint(1, 1).varint(3, ref("Seconds the CPUs spent.")));
    request.message(5, series);
  }
  return request.text();
}

std::string make_request(int samples_per_series) {
  ProtoWriter request;
  for (int i = 0; i < kSeries; ++i) {
    ProtoWriter series;
    for (const auto& [name, value] : labels_of(i)) series.message(1, wire_label(name, value));
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
      gnomon::wire::WriteRefusals refusals;
      decode(batch, refusals);
      gnomon::wire::guard(batch, 1'700'000'000'000, refusals);
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
  gnomon::wire::RemoteWriteDecoder decoder;
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
    const std::string v2 = make_request_v2(samples);
    measure("protobuf 2.0", samples, [&](auto& batch, auto& refusals) {
      if (!decoder.decode_message(v2, batch, refusals, WriteMessage::V2).ok()) std::abort();
    });
  }
}
