#include "src/storage/metrics/memory_store.h"

#include <gtest/gtest.h>

#include <bit>

namespace gnomon::storage {
namespace {

using model::Labels;
using model::Matcher;
using model::WriteBatch;
using model::WriteOutcome;

constexpr auto kDuplicate = model::RefusalReason::DuplicateValue;

class Batch {
 public:
  Batch& series(const Labels& labels) {
    batch.begin_row(labels.view());
    batch.end_row();
    return *this;
  }
  Batch& sample(int64_t time_ms, double value) {
    batch.add({time_ms, value});
    batch.end_row();
    return *this;
  }
  Batch& histogram(int64_t time_ms, double count) {
    auto h = std::make_shared<model::Histogram>();
    h->count = count;
    batch.add({time_ms, h, 7});
    batch.end_row();
    return *this;
  }
  Batch& exemplar(int64_t time_ms, double value) {
    batch.add({Labels::from({{"trace_id", "t"}}), value, time_ms});
    batch.end_row();
    return *this;
  }
  WriteBatch batch;
};

WriteOutcome write(MetricStore& store, const Batch& batch) {
  auto outcome = store.append(batch.batch, {});
  EXPECT_TRUE(outcome.ok());
  return std::move(outcome).value();
}

// Every series with its samples: `{a="1"} 10:1 20:h3`.
std::string dump(MetricStore& store, const Fragment& fragment) {
  auto selection = store.select(fragment, {});
  EXPECT_TRUE(selection.ok());
  const auto series = (*selection)->series();
  auto cursor = (*selection)->open(0, series.size(), {});
  std::string out;
  model::SampleBlock block;
  for (const Labels& labels : series) {
    EXPECT_TRUE((*cursor)->next(block).value());
    out += to_string(labels);
    for (size_t i = 0; i < block.times.size(); ++i) {
      out += " " + std::to_string(block.times[i]) + ":" +
             std::to_string(static_cast<int>(block.values[i]));
    }
    for (const auto& h : block.histograms) {
      out += " " + std::to_string(h.time_ms) + ":h" +
             std::to_string(static_cast<int>(h.histogram->count));
    }
    out += "\n";
  }
  EXPECT_FALSE((*cursor)->next(block).value());
  return out;
}

const Labels kA = Labels::from({{"__name__", "up"}, {"i", "a"}});
const Labels kB = Labels::from({{"__name__", "up"}, {"i", "b"}});
const Fragment kAll = {{}, model::kTimeMin, model::kTimeMax};

TEST(MemoryStore, KeepsSamplesInTimeOrder) {
  MemoryStore store;
  const auto outcome = write(
      store,
      Batch().series(kB).sample(30, 3).sample(10, 1).series(kA).sample(5, 5).series(kB).sample(20,
                                                                                               2));
  EXPECT_EQ(outcome.samples_stored, 4u);
  EXPECT_EQ(dump(store, kAll),
            "{__name__=\"up\", i=\"a\"} 5:5\n{__name__=\"up\", i=\"b\"} 10:1 20:2 30:3\n");
  EXPECT_EQ(dump(store, {{Matcher::equal("i", "b")}, 10, 20}),
            "{__name__=\"up\", i=\"b\"} 10:1 20:2\n");
}

TEST(MemoryStore, RefusesAnotherValueAtTheSameTime) {
  MemoryStore store;
  write(store, Batch().series(kA).sample(10, 1).sample(20, 2));
  const auto outcome =
      write(store, Batch().series(kA).sample(10, 1).sample(20, 3).sample(30, 4).histogram(10, 1));
  EXPECT_EQ(outcome.samples_stored, 2u);
  EXPECT_EQ(outcome.histograms_stored, 0u);
  EXPECT_EQ(outcome.refused.count(kDuplicate), 2u);
  ASSERT_EQ(outcome.refused.named().size(), 2u);
  EXPECT_EQ(to_string(outcome.refused.named()[0]),
            "duplicate sample for timestamp: up{i=\"a\"} at 20");
  EXPECT_EQ(dump(store, kAll), "{__name__=\"up\", i=\"a\"} 10:1 20:2 30:4\n");
}

TEST(MemoryStore, ComparesBits) {
  MemoryStore store;
  write(store, Batch().series(kA).sample(10, model::kStale).sample(20, 0.0));
  EXPECT_EQ(write(store, Batch().series(kA).sample(10, model::kStale)).samples_stored, 1u);
  EXPECT_EQ(write(store, Batch().series(kA).sample(10, model::kNaN)).refused.count(kDuplicate), 1u);
  EXPECT_EQ(write(store, Batch().series(kA).sample(20, -0.0)).refused.count(kDuplicate), 1u);
  model::SampleBlock block;
  store.read(kA, 10, 10, block);
  EXPECT_EQ(std::bit_cast<uint64_t>(block.values.at(0)), model::kStaleBits);
}

TEST(MemoryStore, KeepsHistograms) {
  MemoryStore store;
  const auto outcome = write(store, Batch().series(kA).histogram(10, 3).sample(20, 1));
  EXPECT_EQ(outcome.histograms_stored, 1u);
  EXPECT_EQ(write(store, Batch().series(kA).histogram(10, 3)).histograms_stored, 1u);
  EXPECT_EQ(write(store, Batch().series(kA).histogram(10, 4)).refused.count(kDuplicate), 1u);
  EXPECT_EQ(dump(store, kAll), "{__name__=\"up\", i=\"a\"} 20:1 10:h3\n");
  model::SampleBlock block;
  store.read(kA, 0, 100, block);
  EXPECT_EQ(block.histograms.at(0).start_ms, 7);
}

TEST(MemoryStore, RemovesSamplesAndEmptySeries) {
  MemoryStore store;
  write(store, Batch().series(kA).sample(10, 1).sample(20, 2).series(kB).sample(10, 1));
  ASSERT_TRUE(store.remove({{{Matcher::equal("__name__", "up")}}, 0, 10}, {}).ok());
  EXPECT_EQ(dump(store, kAll), "{__name__=\"up\", i=\"a\"} 20:2\n");
  ASSERT_TRUE(store.remove({}, {}).ok());
  EXPECT_EQ(dump(store, kAll), "");
}

TEST(MemoryStore, CatalogAnswersByTime) {
  MemoryStore store;
  Batch batch;
  batch.series(kA).sample(10, 1).exemplar(12, 2).exemplar(11, 1).exemplar(11, 1);
  batch.series(kB).sample(50, 1);
  batch.batch.metadata = {{"up", {"gauge", "Is it up?", ""}}, {"cpu", {"counter", "", "s"}}};
  EXPECT_EQ(write(store, batch).exemplars_stored, 3u);
  Catalog& catalog = store.catalog();
  EXPECT_EQ(catalog.series({{}, 0, 20}, {}).value(), std::vector<Labels>{kA});
  EXPECT_EQ(catalog.series({{}, 11, 20}, {}).value(), std::vector<Labels>{});
  EXPECT_EQ(catalog.label_strings({}, "", {}).value(), (std::vector<std::string>{"__name__", "i"}));
  EXPECT_EQ(catalog.label_strings({}, "i", {}).value(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(catalog.label_strings({{}, 40, 60}, "i", {}).value(), std::vector<std::string>{"b"});
  EXPECT_EQ(catalog.metadata("", {}).value().size(), 2u);
  EXPECT_EQ(catalog.metadata("up", {}).value().at(0).metadata.help, "Is it up?");
  const auto exemplars = catalog.exemplars({{{Matcher::equal("i", "a")}}}, {}).value();
  ASSERT_EQ(exemplars.size(), 1u);
  ASSERT_EQ(exemplars[0].exemplars.size(), 2u);
  EXPECT_EQ(exemplars[0].exemplars[0].time_ms, 11);
  const Statistics statistics = catalog.statistics(1, {}).value();
  EXPECT_EQ(statistics.series, 2u);
  EXPECT_EQ(statistics.label_pairs, 3u);
  EXPECT_EQ(statistics.min_time_ms, 10);
  EXPECT_EQ(statistics.max_time_ms, 50);
  EXPECT_EQ(statistics.values_by_label.at(0).name, "i");
  EXPECT_EQ(statistics.bytes_by_label.at(0).value, 4u);
}

TEST(MemoryStore, StopsWhenAsked) {
  MemoryStore store;
  write(store, Batch().series(kA).sample(10, 1));
  std::stop_source stop;
  auto selection = store.select(kAll, stop.get_token());
  auto cursor = (*selection)->open(0, 1, stop.get_token());
  stop.request_stop();
  model::SampleBlock block;
  EXPECT_EQ((*cursor)->next(block).error().kind, ErrorKind::Canceled);
  EXPECT_EQ(store.select(kAll, stop.get_token()).error().kind, ErrorKind::Canceled);
}

TEST(Fragment, HasACanonicalText) {
  const Fragment fragment = {{Matcher::equal("__name__", "up"),
                              Matcher::create(model::MatchKind::Regex, "job", "a.*").value()},
                             -5,
                             10};
  EXPECT_EQ(to_string(fragment), "scan {__name__=\"up\",job=~\"a.*\"} [-5, 10]");
  EXPECT_EQ(to_string(Fragment{}), "scan {} [0, 0]");
}

}  // namespace
}  // namespace gnomon::storage
