// A second signal in the log of a file, beside metrics: what it takes to add one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <thread>

#include "adapters/sqlite/database.h"
#include "adapters/sqlite/metrics/metric_store.h"
#include "tests/open_metrics.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kNotes = static_cast<storage::Signal>(200);
constexpr size_t kNotesKept = 5;  // sealed ones; older ones expire

// Lines of text: in memory until they are sealed into a table of their own.
class Notes final : public sqlite::Signal {
 public:
  explicit Notes(sqlite::Database& database) : database_(database) {}

  static Result<void> create_tables(sqlite::Database& database) {
    return database.transact([](sqlite::Connection& connection) {
      return connection.run(
          "CREATE TABLE IF NOT EXISTS note (seq INTEGER PRIMARY KEY, text BLOB NOT NULL);"
          "CREATE TABLE IF NOT EXISTS note_bytes (total INTEGER NOT NULL);"
          "INSERT INTO note_bytes SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM note_bytes)");
    });
  }

  Result<void> write(const std::string& text) {
    blocks::LogWrite write(kNotes);
    write.record = text;
    return database_.write(write);
  }

  Result<void> load(sqlite::Connection& connection) override {
    TRY(auto query, connection.prepare("SELECT text FROM note ORDER BY seq"));
    while (true) {
      TRY(const bool row, query.step());
      if (!row) break;
      sealed.emplace_back(query.blob(0));
    }
    TRY(bytes, connection.integer("SELECT total FROM note_bytes"));
    return {};
  }

  Result<void> replay(uint64_t seq, std::string_view record) override {
    recent.emplace_back(seq, record);
    return {};
  }

  // Counts the bytes in the transaction of the write, and refuses one text.
  Result<void> store(sqlite::Transaction& transaction,
                     std::span<blocks::LogWrite* const> writes) override {
    const int64_t before = bytes;
    transaction.on_rollback([this, before] { bytes = before; });
    for (const auto* write : writes) {
      if (write->record == "refused") return Error{ErrorKind::Execution, "it is refused"};
      bytes += static_cast<int64_t>(write->record.size());
    }
    const std::string text = "UPDATE note_bytes SET total = " + std::to_string(bytes);
    return transaction.connection().run(text.c_str());
  }

  void apply(blocks::LogWrite& write) override { recent.emplace_back(write.seq, write.record); }

  Result<void> maintain(sqlite::Maintenance how) override {
    if (how == sqlite::Maintenance::Due) return {};
    std::deque<std::pair<uint64_t, std::string>> due;
    {
      const std::lock_guard applying(database_.apply_mutex());
      due = recent;
    }
    if (due.empty()) return {};
    TRY_VOID(database_.transact([&](sqlite::Connection& connection) -> Result<void> {
      TRY(auto insert, connection.prepare("INSERT INTO note(seq, text) VALUES (?1, ?2)"));
      for (const auto& [seq, text] : due) {
        TRY_VOID(insert.bind(1, static_cast<int64_t>(seq)).bind_blob(2, text).run());
      }
      const std::string keep = std::to_string(kNotesKept);
      const std::string expire =
          "DELETE FROM note WHERE seq NOT IN (SELECT seq FROM note ORDER BY seq DESC LIMIT " +
          keep + ")";
      TRY_VOID(connection.run(expire.c_str()));
      return database_.release_log(connection, kNotes, due.back().first + 1);
    }));
    const std::lock_guard applying(database_.apply_mutex());
    for (auto& [seq, text] : due) sealed.push_back(std::move(text));
    while (sealed.size() > kNotesKept) sealed.pop_front();
    recent.erase(recent.begin(), recent.begin() + static_cast<ptrdiff_t>(due.size()));
    return {};
  }

  std::vector<std::string> all() const {
    std::vector<std::string> out(sealed.begin(), sealed.end());
    for (const auto& [seq, text] : recent) out.push_back(text);
    return out;
  }

  std::deque<std::pair<uint64_t, std::string>> recent;
  std::deque<std::string> sealed;
  int64_t bytes = 0;

 private:
  sqlite::Database& database_;
};

// A file with metrics and notes.
struct Both {
  explicit Both(std::unique_ptr<sqlite::Database> opened)
      : database(std::move(opened)), metrics(*database), notes(*database) {}

  static std::unique_ptr<Both> open(const std::string& file) {
    auto database = sqlite::Database::open(file, by_hand());
    EXPECT_TRUE(database.ok()) << database.error().message;
    auto both = std::make_unique<Both>(std::move(*database));
    EXPECT_TRUE(Notes::create_tables(*both->database).ok());
    both->database->add(storage::Signal::Metrics, both->metrics);
    both->database->add(kNotes, both->notes);
    const auto started = both->database->start();
    EXPECT_TRUE(started.ok()) << started.error().message;
    return both;
  }

  std::unique_ptr<sqlite::Database> database;
  sqlite::SqliteMetricStore metrics;
  Notes notes;
};

class Signals : public ::testing::Test {
 protected:
  // As after a kill: nothing is sealed.
  void reopen() {
    both_.reset();
    both_ = Both::open(file_);
  }
  void write(const std::string& text) { ASSERT_TRUE(both_->notes.write(text).ok()); }
  void write_sample(int64_t time_ms) {
    append(both_->metrics, Batch().row({{"__name__", "m"}}, {{time_ms, 1}}));
  }
  std::string samples() { return to_text(read_all(both_->metrics)); }

  TemporaryFolder folder_;
  const std::string file_ = folder_.file("g.db");
  std::unique_ptr<Both> both_ = Both::open(file_);
};

TEST_F(Signals, ARecordIsReplayedByItsSignal) {
  write("a");
  write_sample(1);
  write("b");
  write_sample(2);
  EXPECT_THAT(both_->notes.all(), ElementsAre("a", "b"));
  reopen();
  EXPECT_THAT(both_->notes.all(), ElementsAre("a", "b"));
  EXPECT_EQ(both_->notes.bytes, 2);
  EXPECT_EQ(samples(), "m 1@1 1@2\n");
}

TEST_F(Signals, SealingOneFreesItsRecordsAndNoOthers) {
  write("a");
  write_sample(1);
  ASSERT_TRUE(both_->notes.maintain(sqlite::Maintenance::Everything).ok());
  EXPECT_EQ(both_->database->log_bytes(kNotes), 0u);
  EXPECT_GT(both_->database->log_bytes(storage::Signal::Metrics), 0u);
  write("b");
  reopen();
  EXPECT_THAT(both_->notes.sealed, ElementsAre("a"));
  EXPECT_THAT(both_->notes.all(), ElementsAre("a", "b"));
  EXPECT_EQ(samples(), "m 1@1\n");
  ASSERT_TRUE(both_->metrics.maintain(sqlite::Maintenance::Everything).ok());
  EXPECT_EQ(both_->database->log_bytes(storage::Signal::Metrics), 0u);
  EXPECT_GT(both_->database->log_bytes(kNotes), 0u);
  reopen();
  EXPECT_THAT(both_->notes.all(), ElementsAre("a", "b"));
  EXPECT_EQ(samples(), "m 1@1\n");
}

TEST_F(Signals, WhatIsOldExpiresAndClosingSealsAll) {
  for (int i = 0; i < 8; ++i) write(std::to_string(i));
  write_sample(1);
  ASSERT_TRUE(both_->database->close().ok());
  reopen();
  EXPECT_THAT(both_->notes.recent, IsEmpty());
  EXPECT_THAT(both_->notes.all(), ElementsAre("3", "4", "5", "6", "7"));
  EXPECT_EQ(both_->database->log_bytes(storage::Signal::Metrics), 0u);
  EXPECT_EQ(samples(), "m 1@1\n");
}

// Numbers go on after the log was emptied: what is sealed and what follows stay apart.
TEST_F(Signals, NumbersAreNotGivenAgain) {
  write("a");
  const uint64_t first = both_->notes.recent.back().first;
  ASSERT_TRUE(both_->database->close().ok());
  reopen();
  write("b");
  EXPECT_GT(both_->notes.recent.back().first, first);
}

TEST_F(Signals, ARefusedTransactionLeavesNothingBehind) {
  write("kept");
  EXPECT_EQ(both_->notes.write("refused").error().message, "it is refused");
  EXPECT_EQ(both_->notes.bytes, 4);
  write_sample(1);
  reopen();
  EXPECT_THAT(both_->notes.all(), ElementsAre("kept"));
  EXPECT_EQ(both_->notes.bytes, 4);
  EXPECT_EQ(samples(), "m 1@1\n");
}

TEST_F(Signals, BothWriteAtOnceAndShareCommits) {
  constexpr int kEach = 300;
  std::thread sampler([&] {
    for (int i = 0; i < kEach; ++i) write_sample(i);
  });
  std::vector<std::thread> writers;
  for (int w = 0; w < 3; ++w) {
    writers.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) write("x");
    });
  }
  sampler.join();
  for (std::thread& writer : writers) writer.join();
  EXPECT_LT(both_->database->counts().commits, 4u * kEach);
  reopen();
  EXPECT_EQ(both_->notes.all().size(), 3u * kEach);
  EXPECT_EQ(both_->notes.bytes, 3 * kEach);
  EXPECT_EQ(read_all(both_->metrics)[0].second.size(), size_t{kEach});
}

// An older release must not skip what it does not know, or it would be lost with its log.
TEST_F(Signals, ARecordOfAnUnknownSignalKeepsTheFileFromOpening) {
  write("a");
  both_.reset();
  const auto opened = open_metrics("sqlite:" + file_, by_hand());
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().message,
            file_ + " has writes of a kind that a newer Gnomon made (200) (log record 1)");
  reopen();
  EXPECT_THAT(both_->notes.all(), ElementsAre("a"));
}

}  // namespace
}  // namespace gnomon
