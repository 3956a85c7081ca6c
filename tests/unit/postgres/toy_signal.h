#pragma once

#include <algorithm>
#include <charconv>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "adapters/postgres/database.h"

namespace gnomon {

// A signal of tests: lines of text. Records hold lines, or what a server did ("!..."). Sealing
// moves lines into blocks, rows of a table; only the newest blocks are kept.
class ToySignal : public postgres::Signal {
 public:
  static constexpr auto kNumber = storage::Signal::Logs;
  static constexpr size_t kBlocksMax = 3;
  static constexpr std::string_view kRefused = "refused";  // a line that cannot be stored

  explicit ToySignal(postgres::Database& database) : database_(database) {
    database.add(*this, {kNumber,
                         "toy",
                         "CREATE TABLE {s}.toy (seq bigint PRIMARY KEY, lines bytea NOT NULL);",
                         {{"toy_guard", 0}, {"toy_lines", 0}}});
  }
  ~ToySignal() override { database_.close(); }

  // A numbered line gets the next number of a counter, "7 line", in the transaction that stores it.
  Result<void> append(const std::string& line, bool numbered, std::stop_token stop = {}) {
    Line request;
    request.signal = kNumber;
    request.stop = std::move(stop);
    request.line = line;
    request.complete = !numbered;
    request.record = line + "\n";
    request.weight = request.record.size();
    return database_.committer().write(request);
  }
  // Blocks and lines: "[a b] c\n".
  std::string text() const {
    const std::lock_guard hold(mutex_);
    std::string out;
    for (const auto& [seq, lines] : blocks_) out += "[" + joined(lines) + "] ";
    for (const auto& [seq, line] : open_) out += line + " ";
    return out.empty() ? out : out.substr(0, out.size() - 1);
  }

  Result<void> load(postgres::Connection& connection, std::span<const int64_t>) override {
    TRY(const postgres::Rows rows,
        connection.query("SELECT seq, lines FROM " + database_.table("toy") + " ORDER BY seq"));
    const std::lock_guard hold(mutex_);
    open_.clear();
    blocks_.clear();
    for (int r = 0; r < rows.count(); ++r) {
      blocks_.emplace_back(rows.integer(r, 0), rows.bytes(r, 1));
    }
    return {};
  }
  Result<void> replay(uint64_t seq, std::string_view bytes) override {
    if (bytes.starts_with("!") || seq <= sealed_to()) return {};  // the table knows
    add(seq, bytes);
    return {};
  }
  Result<void> follow(const postgres::LogRecord& record) override {
    for (const postgres::Request* request : record.own) add(record.seq, request->record);
    if (record.bytes.starts_with("!")) {
      seal_up_to(record.bytes.substr(1));
    } else {
      add(record.seq, record.bytes);
    }
    return {};
  }
  Result<void> store(postgres::Connection& connection, const postgres::Turn& turn,
                     postgres::Requests requests, std::string&) override {
    int64_t next = turn.counters[1];
    for (postgres::Request* request : requests) {
      if (static_cast<Line*>(request)->line == kRefused) {
        return Error{ErrorKind::BadData, "such a line is refused"};
      }
      if (request->complete) continue;
      request->record = std::to_string(next++) + "-" + static_cast<Line*>(request)->line + "\n";
    }
    TRY(const postgres::Rows counted, connection.run("UPDATE " + database_.table("state") +
                                                     " SET toy_lines = " + std::to_string(next)));
    return {};
  }
  Result<uint64_t> maintain(bool everything, const std::stop_token& stop) override {
    if (everything) {
      TRY_VOID(database_.committer().act(
          kNumber, [this](postgres::Connection& connection) { return seal(connection); },
          {.new_epoch = true}, stop));
    }
    const std::lock_guard applying(database_.log().apply_mutex());
    const std::lock_guard hold(mutex_);
    return open_.empty() ? database_.log().applied() + 1 : open_.front().first;
  }

 private:
  struct Line : postgres::Request {
    std::string line;
  };

  static std::string joined(std::string lines) {
    lines.pop_back();
    std::replace(lines.begin(), lines.end(), '\n', ' ');
    return lines;
  }
  uint64_t sealed_to() const {
    const std::lock_guard hold(mutex_);
    return blocks_.empty() ? 0 : blocks_.back().first;
  }
  void add(uint64_t seq, std::string_view lines) {
    const std::lock_guard hold(mutex_);
    while (!lines.empty()) {
      const size_t end = lines.find('\n');
      open_.emplace_back(seq, lines.substr(0, end));
      lines.remove_prefix(end + 1);
    }
  }
  void seal_up_to(std::string_view number) {
    uint64_t seq = 0;
    std::from_chars(number.data(), number.data() + number.size(), seq);
    const std::lock_guard hold(mutex_);
    std::string lines;
    while (!open_.empty() && open_.front().first <= seq) {
      lines += open_.front().second + "\n";
      open_.erase(open_.begin());
    }
    blocks_.emplace_back(seq, std::move(lines));
    if (blocks_.size() > kBlocksMax) blocks_.erase(blocks_.begin());
  }
  Result<std::optional<std::string>> seal(postgres::Connection& connection) {
    TRY_VOID(database_.log().catch_up(connection, postgres::Log::kAll, {}));
    std::string lines;
    uint64_t seq = 0;
    {
      const std::lock_guard hold(mutex_);
      if (open_.empty()) return std::optional<std::string>();
      seq = open_.back().first;
      for (const auto& [of, line] : open_) lines += line + "\n";
    }
    const std::string table = database_.table("toy");
    TRY(const postgres::Rows put,
        connection.query(
            "INSERT INTO " + table + " VALUES ($1, $2)",
            {postgres::Value::integer(static_cast<int64_t>(seq)), postgres::Value::bytes(lines)}));
    TRY(const postgres::Rows gone,
        connection.run("DELETE FROM " + table + " WHERE seq NOT IN (SELECT seq FROM " + table +
                       " ORDER BY seq DESC LIMIT " + std::to_string(kBlocksMax) + ")"));
    return std::optional("!" + std::to_string(seq));
  }

  postgres::Database& database_;
  mutable std::mutex mutex_;                              // guards what follows
  std::vector<std::pair<uint64_t, std::string>> open_;    // by record
  std::vector<std::pair<uint64_t, std::string>> blocks_;  // by the newest record
};

}  // namespace gnomon
