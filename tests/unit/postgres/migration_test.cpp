// A schema as version 1 wrote it: testdata/migrations/postgres_v1.sql is pg_dump's output of one
// whose server was killed with samples sealed, merged into a day, frozen and open; the .txt beside
// it is what that server had answered, sample by sample, with the bits of the values.
#include <gtest/gtest.h>

#include <bit>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/unit/postgres/postgres_fixture.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon {
namespace {

constexpr int64_t kDay = 86'400'000;
constexpr const char* kName = "migrated";  // of the schema in the dump

std::string read_file(const std::string& name) {
  std::ifstream file(std::string(GNOMON_SOURCE_DIR) + "/testdata/migrations/" + name);
  EXPECT_TRUE(file.good()) << name;
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

void load(const PostgresSchema& schema) {
  std::string dump = read_file("postgres_v1.sql");
  for (size_t at = 0; (at = dump.find(kName, at)) != std::string::npos;) {
    dump.replace(at, std::string_view(kName).size(), schema.name());
  }
  const auto connection = postgres::Connection::open(servers::shared_url("postgres"));
  ASSERT_TRUE(connection.ok());
  const auto loaded = (*connection)->run(dump);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
}

std::string hex(double v) {
  char text[32];
  std::snprintf(text, sizeof(text), "%016llx",
                static_cast<unsigned long long>(std::bit_cast<uint64_t>(v)));
  return text;
}

std::string number(double v) { return std::to_string(static_cast<int64_t>(v)); }

// name{a="b"}
std::string name_of(const model::Labels& labels) {
  std::string text(labels.get("__name__"));
  text += '{';
  for (const auto& [name, value] : labels) {
    if (name == "__name__") continue;
    if (text.back() != '{') text += ',';
    text += std::string(name) + "=\"" + std::string(value) + '"';
  }
  return text + '}';
}

std::string text_of(const model::HistogramSample& sample) {
  const model::Histogram& one = *sample.histogram;
  std::string out = std::to_string(sample.time_ms) + " histogram schema " +
                    std::to_string(one.schema) + " count " + number(one.count) + " sum " +
                    hex(one.sum) + " zero " + number(one.zero_count) + " spans ";
  for (const model::BucketSpan& span : one.positive_spans) {
    if (&span != &one.positive_spans.front()) out += ',';
    out += std::to_string(span.offset) + ":" + std::to_string(span.length);
  }
  out += " buckets ";
  for (size_t i = 0; i < one.positive_buckets.size(); ++i) {
    out += (i == 0 ? "" : ",") + number(one.positive_buckets[i]);
  }
  return out;
}

std::string answers(storage::MetricStore& store) {
  std::ostringstream out;
  for (const auto& [labels, block] : read_all(store)) {
    out << "series " << name_of(labels) << "\n";
    for (size_t i = 0; i < block.times.size(); ++i) {
      out << block.times[i] << " " << hex(block.values[i]) << "\n";
    }
    for (const auto& sample : block.histograms) out << text_of(sample) << "\n";
  }
  const auto metadata = store.catalog().metadata("", {});
  for (const auto& one : *metadata) {
    out << "metadata " << one.metric << " " << one.metadata.type << " " << one.metadata.unit << " "
        << one.metadata.help << "\n";
  }
  const auto exemplars = store.catalog().exemplars({}, {});
  for (const auto& [labels, list] : *exemplars) {
    for (const auto& one : list) {
      out << "exemplar " << name_of(labels) << " trace_id " << one.labels.get("trace_id")
          << " value " << one.value << " at " << one.time_ms << "\n";
    }
  }
  return out.str();
}

TEST(PostgresMigration, ASchemaOfVersionOneAnswersTheSameBits) {
  const PostgresSchema schema;
  load(schema);
  ASSERT_EQ(schema.number("SELECT version FROM {s}.state"), 1);
  const std::string expected = read_file("postgres_v1.txt");
  auto store = schema.open();
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(answers(*store), expected);
  EXPECT_EQ(schema.number("SELECT version FROM {s}.state"), 2);
  EXPECT_EQ(schema.number("SELECT count(*) FROM {s}.log WHERE signal <> 1"), 0);
  // As it was written: frozen, not sealed.
  const auto sealed = store->maintain(true);
  ASSERT_TRUE(sealed.ok()) << sealed.error().message;
  EXPECT_EQ(answers(*store), expected);
  store.reset();
  store = schema.open();
  EXPECT_EQ(answers(*store), expected);
}

TEST(PostgresMigration, ItIsWrittenSealedAndReopenedLikeANewOne) {
  const PostgresSchema schema;
  load(schema);
  auto store = schema.open();
  ASSERT_NE(store, nullptr);
  const int64_t time = 19'678 * kDay + 4 * 3'600'000;
  Batch batch;
  batch.row({{"__name__", "requests_total"}, {"job", "api"}}, {{time, 7}, {19'676 * kDay, 1e9}});
  batch.row({{"__name__", "new"}}, {{time, 8}});
  const auto outcome = append(*store, batch);
  EXPECT_EQ(outcome.samples_stored, 2u);  // the first of the day is there with another value
  const std::string all = answers(*store);
  EXPECT_NE(all.find("series new{}\n" + std::to_string(time) + " " + hex(8)), std::string::npos);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(store->maintain(true).ok());
  EXPECT_EQ(answers(*store), all);
  store.reset();
  store = schema.open();
  EXPECT_EQ(answers(*store), all);
}

// What a server of version 1 that has the schema open goes on doing when another one migrates it:
// its statements, as it spells them.
TEST(PostgresMigration, AServerOfVersionOneThatRunsMayGoOn) {
  const PostgresSchema schema;
  load(schema);
  auto store = schema.open();
  ASSERT_NE(store, nullptr);
  const auto old = postgres::Connection::open(servers::shared_url("postgres"));
  const std::string& s = schema.name();
  const auto row = (*old)->query("SELECT data FROM " + s + ".log WHERE seq = 34");
  ASSERT_TRUE(row.ok() && row->count() == 1);
  const auto turn = (*old)->begin_copy(
      "BEGIN;UPDATE " + s + ".state SET seq = seq + 1 RETURNING seq, epoch, series_end, erasures;" +
      "COPY " + s + ".log(epoch, seq, writer, data) FROM STDIN (FORMAT binary);COMMIT");
  ASSERT_TRUE(turn.ok()) << turn.error().message;
  postgres::CopyData data;
  data.row(4).big(turn->integer(0, 1)).big(turn->integer(0, 0)).big(1).bytes(row->bytes(0, 0));
  ASSERT_TRUE((*old)->end_copy(data.finish()).ok());
  const auto followed = store->follow();
  EXPECT_TRUE(followed.ok()) << followed.error().message;
  EXPECT_EQ(answers(*store), read_file("postgres_v1.txt"));  // it repeated a record
  append(*store, Batch().row({{"__name__", "m"}}, {{1000, 1}}));
  const auto read = (*old)->run("SELECT seq, writer, data FROM " + s + ".log WHERE seq > 35");
  EXPECT_EQ(read->count(), 2);
}

}  // namespace
}  // namespace gnomon
