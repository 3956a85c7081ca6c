#include "adapters/sqlite/metrics/chunk_reader.h"

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
  const auto text = [](const blocks::ChunkTable& table) {
    return blocks::read_chunks(blocks::kSqlite, table, {}).text;
  };
  TRY(Query windows, connection.prepare(text(blocks::kWindowChunks)));
  TRY(Query days, connection.prepare(text(blocks::kDayChunks)));
  return std::make_unique<Session>(std::move(connection), std::move(windows), std::move(days));
}

Result<blocks::ChunkPagePtr> ChunkReader::read(Session& session, const blocks::PageId& id) {
  const blocks::KeyRange range = blocks::page_range(*id.table, id.window, id.first);
  const blocks::Statement statement = blocks::read_chunks(blocks::kSqlite, *id.table, range);
  Query& query = id.table->window_ms == storage::kDayMs ? session.days : session.windows;
  for (size_t i = 0; i < statement.parameters.size(); ++i) {
    query.bind(static_cast<int>(i) + 1, statement.parameters[i]);
  }
  auto page = std::make_shared<blocks::ChunkPage>(id.first);
  while (true) {
    TRY(const bool row, query.step());
    if (!row) return blocks::ChunkPagePtr(std::move(page));
    if (!page->append(blocks::series_of_key(query.integer(0)), query.blob(1))) {
      return Error{ErrorKind::Internal, "a page of chunks is larger than 4 GiB"};
    }
  }
}

Result<std::vector<blocks::ChunkPagePtr>> ChunkReader::read(std::span<const blocks::PageId> ids,
                                                            const std::stop_token& stop) {
  TRY(auto session, this->session());
  std::vector<blocks::ChunkPagePtr> pages;
  {
    const Interrupting interrupting(session->connection, stop);
    for (const blocks::PageId& id : ids) {
      if (stop.stop_requested()) return base::canceled();
      TRY(auto page, read(*session, id));
      pages.push_back(std::move(page));
    }
  }
  const std::lock_guard hold(mutex_);
  if (idle_.size() < kIdleMax) idle_.push_back(std::move(session));
  return pages;
}

}  // namespace gnomon::sqlite
