#include "adapters/sqlite/chunk_reader.h"

#include <utility>

#include "adapters/sqlite/schema.h"

namespace gnomon::sqlite {
namespace {

constexpr size_t kIdleMax = 8;

}  // namespace

// A connection with the statements of both tables.
struct ChunkReader::Session {
  Connection connection;
  Query windows;
  Query days;
};

ChunkReader::ChunkReader(std::string path) : path_(std::move(path)) {}

ChunkReader::~ChunkReader() = default;

Result<std::unique_ptr<ChunkReader::Session>> ChunkReader::session() {
  {
    const std::lock_guard hold(mutex_);
    if (!idle_.empty()) {
      auto session = std::move(idle_.back());
      idle_.pop_back();
      return session;
    }
  }
  TRY(Connection connection, Connection::open(path_, Connection::Mode::ReadOnly));
  TRY_VOID(configure_reader(connection));
  const auto text = [](const sql::ChunkTable& table) {
    return sql::read_chunks(sql::kSqlite, table, {}).text;
  };
  TRY(Query windows, connection.prepare(text(sql::kWindowChunks)));
  TRY(Query days, connection.prepare(text(sql::kDayChunks)));
  return std::make_unique<Session>(std::move(connection), std::move(windows), std::move(days));
}

Result<sql::ChunkPagePtr> ChunkReader::read(Session& session, const sql::PageId& id) {
  const sql::KeyRange range = sql::page_range(*id.table, id.window, id.first);
  const sql::Statement statement = sql::read_chunks(sql::kSqlite, *id.table, range);
  Query& query = id.table->window_ms == storage::kDayMs ? session.days : session.windows;
  for (size_t i = 0; i < statement.parameters.size(); ++i) {
    query.bind(static_cast<int>(i) + 1, statement.parameters[i]);
  }
  auto page = std::make_shared<sql::ChunkPage>(id.first);
  while (true) {
    TRY(const bool row, query.step());
    if (!row) return sql::ChunkPagePtr(std::move(page));
    if (!page->append(sql::series_of_key(query.integer(0)), query.blob(1))) {
      return Error{ErrorKind::Internal, "a page of chunks is larger than 4 GiB"};
    }
  }
}

Result<std::vector<sql::ChunkPagePtr>> ChunkReader::read(std::span<const sql::PageId> ids) {
  TRY(auto session, this->session());
  std::vector<sql::ChunkPagePtr> pages;
  for (const sql::PageId& id : ids) {
    TRY(auto page, read(*session, id));
    pages.push_back(std::move(page));
  }
  const std::lock_guard hold(mutex_);
  if (idle_.size() < kIdleMax) idle_.push_back(std::move(session));
  return pages;
}

}  // namespace gnomon::sqlite
