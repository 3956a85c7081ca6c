#include "adapters/postgres/connection.h"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <memory>
#include <utility>

#include "adapters/postgres/detached_call.h"
#include "src/base/limits.h"

namespace gnomon::postgres {
namespace {

constexpr int kLookPauseMs = 50;
constexpr uint32_t kBigintType = 20;
constexpr uint32_t kByteaType = 17;

template <typename T>
T swapped(T v) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &v, sizeof(T));
  for (size_t i = 0; i < sizeof(T) / 2; ++i) std::swap(bytes[i], bytes[sizeof(T) - 1 - i]);
  std::memcpy(&v, bytes, sizeof(T));
  return v;
}

template <typename T>
void put_big_endian(std::string& out, T v) {
  v = swapped(v);
  out.append(reinterpret_cast<const char*>(&v), sizeof(T));
}

template <typename T>
T from_big_endian(const char* bytes) {
  T v;
  std::memcpy(&v, bytes, sizeof(T));
  return swapped(v);
}

std::string first_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return std::string(text.substr(0, text.find('\n')));
}

// What every session needs: acknowledged means on disk, whatever the database's default; a session
// that is stuck in a transaction must not hold up the others for ever.
constexpr const char* kSettings =
    "SET client_min_messages = warning; SET jit = off; SET statement_timeout = 0; SET "
    "idle_in_transaction_session_timeout = "
    "60000; SELECT set_config('synchronous_commit', 'on', false) WHERE "
    "current_setting('synchronous_commit') IN ('off', 'local')";

std::string quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (char c : text) {
    out += c;
    if (c == quote) out += c;
  }
  return out + quote;
}

}  // namespace

std::string quote_name(std::string_view name) { return quoted(name, '"'); }
std::string quote_text(std::string_view text) { return quoted(text, '\''); }

void Rows::Free::operator()(pg_result* result) const { PQclear(result); }

Rows::Rows(pg_result* result) : result_(result) {}

int Rows::count() const { return result_ == nullptr ? 0 : PQntuples(result_.get()); }

bool Rows::is_null(int row, int column) const {
  return PQgetisnull(result_.get(), row, column) != 0;
}

std::string_view Rows::bytes(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<size_t>(PQgetlength(result_.get(), row, column))};
}

int64_t Rows::integer(int row, int column) const {
  const std::string_view value = bytes(row, column);
  if (PQfformat(result_.get(), column) == 0) {
    int64_t v = 0;
    std::from_chars(value.data(), value.data() + value.size(), v);
    return value == "t" ? 1 : v;
  }
  switch (value.size()) {
    case 8:
      return from_big_endian<int64_t>(value.data());
    case 4:
      return from_big_endian<int32_t>(value.data());
    case 2:
      return from_big_endian<int16_t>(value.data());
    case 1:
      return value[0];
    default:
      return 0;
  }
}

Value Value::integer(int64_t v) {
  Value value{kBigintType, {}, {}};
  put_big_endian(value.own, v);
  return value;
}

Value Value::bytes(std::string_view v) { return {kByteaType, {}, v}; }

CopyData::CopyData() {
  data_.assign("PGCOPY\n\377\r\n\0", 11);
  data_.append(8, '\0');  // flags, no header extension
}

CopyData& CopyData::row(int16_t columns) {
  put_big_endian(data_, columns);
  return *this;
}

CopyData& CopyData::big(int64_t v) {
  put_big_endian<int32_t>(data_, 8);
  put_big_endian(data_, v);
  return *this;
}

CopyData& CopyData::small(int32_t v) {
  put_big_endian<int32_t>(data_, 4);
  put_big_endian(data_, v);
  return *this;
}

CopyData& CopyData::tiny(int16_t v) {
  put_big_endian<int32_t>(data_, 2);
  put_big_endian(data_, v);
  return *this;
}

CopyData& CopyData::bytes(std::string_view v) { return bytes({&v, 1}); }

CopyData& CopyData::bytes(std::span<const std::string_view> parts) {
  size_t size = 0;
  for (std::string_view part : parts) size += part.size();
  put_big_endian(data_, static_cast<int32_t>(size));
  for (std::string_view part : parts) data_ += part;
  return *this;
}

std::string_view CopyData::finish() {
  put_big_endian<int16_t>(data_, -1);
  return data_;
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& uri) {
  // What stands before dbname can be overridden by the URI.
  const char* const names[] = {
      "application_name", "connect_timeout",  "keepalives_idle", "keepalives_interval",
      "keepalives_count", "tcp_user_timeout", "dbname",          nullptr};
  const char* const values[] = {"gnomon", "10", "10", "5", "3", "30000", uri.c_str(), nullptr};
  std::unique_ptr<Connection> connection(new Connection(PQconnectdbParams(names, values, 1)));
  pg_conn* const raw = connection->connection_;
  if (PQstatus(raw) != CONNECTION_OK) {
    return Error{ErrorKind::Unavailable, "postgres: " + first_line(PQerrorMessage(raw))};
  }
  // A thread that waits must also hear of a stop: it waits in poll(), never within libpq.
  PQsetnonblocking(raw, 1);
  PQsetNoticeProcessor(
      raw, [](void*, const char*) {}, nullptr);
  TRY([[maybe_unused]] const Rows rows, connection->run(kSettings));
  return connection;
}

Connection::~Connection() {
  wake_.reset();
  if (event_ >= 0) close(event_);
  PQfinish(connection_);
}

// On the thread that requests the stop, which may have all clients to look after: must not block.
void Connection::Wake::operator()() const noexcept { (void)eventfd_write(event, 1); }

std::stop_token Connection::obey(std::stop_token stop) {
  if (wake_) {
    wake_.reset();
    eventfd_t ignored;
    (void)eventfd_read(event_, &ignored);
  }
  std::stop_token before = std::exchange(stop_, std::move(stop));
  if (!stop_.stop_possible()) return before;
  if (event_ < 0) event_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  wake_.emplace(stop_, Wake{event_});
  return before;
}

Error Connection::error(const char* said) const {
  if (lost()) {
    return {ErrorKind::Unavailable, "the connection to postgres was lost: " + first_line(said)};
  }
  return {ErrorKind::Internal, "postgres: " + first_line(said)};
}

Error Connection::error() const { return error(PQerrorMessage(connection_)); }

// Deadlocks, timeouts of locks, a server that is short of something, stops or starts.
Error Connection::error(const pg_result* result) const {
  const char* const code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string_view state = code == nullptr ? "" : code;
  Error error = this->error(PQresultErrorMessage(result));
  for (std::string_view transient : {"40", "53", "55P03", "57P"}) {
    if (state.starts_with(transient)) error.kind = ErrorKind::Unavailable;
  }
  return error;
}

bool Connection::lost() const { return abandoned_ || PQstatus(connection_) != CONNECTION_OK; }

bool Connection::in_transaction() const { return PQtransactionStatus(connection_) != PQTRANS_IDLE; }

int Connection::socket() const { return PQsocket(connection_); }

bool Connection::reusable() {
  if (canceled_ || lost() || in_transaction()) return false;
  // A server that stops says so or closes the connection, else nothing comes unasked.
  pollfd readable{socket(), POLLIN, 0};
  return poll(&readable, 1, 0) == 0;
}

// Until the socket has one of these events, or the stop fires, or the time is over.
void Connection::wait(short events) {
  const bool watch = wake_ && !canceled_;
  pollfd fds[2] = {{socket(), events, 0}, {event_, POLLIN, 0}};
  int limit = watch && event_ < 0 ? kLookPauseMs : -1;  // without a descriptor it must look
  if (canceled_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(wait_until_ - Clock::now());
    limit = static_cast<int>(std::max<int64_t>(left.count(), 0));
    abandoned_ = limit == 0;
  }
  if (!abandoned_) (void)poll(fds, watch ? 2 : 1, limit);
  if (stopped() && !canceled_) cancel();
}

// Canceling takes as long as it takes to connect, and for ever where the server vanished.
void Connection::cancel() {
  canceled_ = true;
  wait_until_ = Clock::now() + std::chrono::milliseconds(base::kPostgresStopMs);
  std::shared_ptr<PGcancel> cancel(PQgetCancel(connection_), PQfreeCancel);
  if (cancel == nullptr) return;
  // Where there is no thread the connection is closed under the statement.
  (void)call_detached([cancel = std::move(cancel)] {
    char said[256];
    PQcancel(cancel.get(), said, sizeof(said));
  });
}

// False when the connection was lost.
bool Connection::flush() {
  int left;
  while ((left = PQflush(connection_)) == 1 && !abandoned_) {
    wait(POLLIN | POLLOUT);
    // A server that waits until it is listened to reads nothing.
    if (!abandoned_ && PQconsumeInput(connection_) == 0) return false;
  }
  return left == 0 && !abandoned_;
}

// The next result of what was sent; null after the last.
pg_result* Connection::next_result() {
  while (!abandoned_ && PQisBusy(connection_) != 0) {
    wait(POLLIN);
    if (abandoned_ || PQconsumeInput(connection_) == 0) break;
  }
  return abandoned_ ? nullptr : PQgetResult(connection_);
}

// What PQsend...() returned: sends all of it.
Result<void> Connection::send(int sent) {
  if (sent == 1 && flush()) return {};
  return canceled_ ? base::canceled() : error();
}

// Reads results to the end, or to the COPY; the last rows, or the first error.
Result<Rows> Connection::drain(bool until_copy) {
  Rows rows;
  std::optional<Error> failed;
  while (pg_result* result = next_result()) {
    Rows held(result);
    switch (PQresultStatus(result)) {
      case PGRES_TUPLES_OK:
        rows = std::move(held);
        break;
      case PGRES_COMMAND_OK:
      case PGRES_EMPTY_QUERY:
        break;
      case PGRES_COPY_IN:
        if (until_copy) return rows;
        break;
      default:
        if (!failed) failed = error(result);
        if (lost()) break;
    }
  }
  if (canceled_ && (failed || lost())) return base::canceled();
  if (lost()) return error(failed ? failed->message.c_str() : PQerrorMessage(connection_));
  if (failed) return std::move(*failed);
  if (until_copy) return Error{ErrorKind::Internal, "postgres: it expected no rows"};
  return rows;
}

Result<Rows> Connection::run(const std::string& statements) {
  if (stopped()) return base::canceled();
  TRY_VOID(send(PQsendQuery(connection_, statements.c_str())));
  return drain(false);
}

Result<Rows> Connection::query(const std::string& statement, const Values& values) {
  if (stopped()) return base::canceled();
  std::vector<Oid> types;
  std::vector<const char*> starts;
  std::vector<int> sizes;
  for (const Value& value : values) {
    const std::string_view bytes = value.own.empty() ? value.view : value.own;
    types.push_back(value.type);
    starts.push_back(bytes.data() == nullptr ? "" : bytes.data());
    sizes.push_back(static_cast<int>(bytes.size()));
  }
  const std::vector<int> binary(values.size(), 1);
  TRY_VOID(send(PQsendQueryParams(connection_, statement.c_str(), static_cast<int>(values.size()),
                                  types.data(), starts.data(), sizes.data(), binary.data(), 1)));
  return drain(false);
}

Result<std::vector<Rows>> Connection::pipeline(const std::vector<std::string>& statements) {
  if (stopped()) return base::canceled();
  if (PQenterPipelineMode(connection_) == 0) return error();
  int sent = 1;
  for (const std::string& statement : statements) {
    if (sent == 0) break;
    sent =
        PQsendQueryParams(connection_, statement.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 1);
  }
  if (sent == 1) sent = PQpipelineSync(connection_);
  TRY_VOID(send(sent));
  std::vector<Rows> all;
  std::optional<Error> failed;
  for (size_t i = 0; i < statements.size(); ++i) {
    auto rows = drain(false);
    if (!rows.ok() && !failed) failed = rows.error();
    if (lost()) return failed ? std::move(*failed) : error();
    all.push_back(rows.ok() ? std::move(*rows) : Rows());
  }
  Rows sync(next_result());
  if (lost()) return canceled_ ? base::canceled() : error();
  if (PQexitPipelineMode(connection_) == 0 && !failed) failed = error();
  if (!failed) return all;
  return std::move(*failed);
}

Result<Rows> Connection::begin_copy(const std::string& statements) {
  if (stopped()) return base::canceled();
  TRY_VOID(send(PQsendQuery(connection_, statements.c_str())));
  return drain(true);
}

Result<void> Connection::end_copy(std::string_view data) {
  constexpr size_t kPiece = 1u << 20;
  int sent = 1;
  while (!data.empty() && sent == 1) {
    const std::string_view piece = data.substr(0, kPiece);
    data.remove_prefix(piece.size());
    sent = PQputCopyData(connection_, piece.data(), static_cast<int>(piece.size()));
    // The last piece goes out with the end.
    if (!data.empty()) TRY_VOID(send(sent));
  }
  if (sent == 1) sent = PQputCopyEnd(connection_, nullptr);
  TRY_VOID(send(sent));
  TRY([[maybe_unused]] const Rows rows, drain(false));
  return {};
}

void Connection::abandon_copy() {
  if (send(PQputCopyEnd(connection_, "given up")).ok()) (void)drain(false).ok();
}

Result<void> Connection::copy(const std::string& statement, CopyData& data) {
  TRY([[maybe_unused]] const Rows rows, begin_copy(statement));
  return end_copy(data.finish());
}

void Connection::roll_back() {
  if (!lost() && !canceled_ && in_transaction()) (void)run("ROLLBACK").ok();
}

std::vector<std::string> Connection::notifications() {
  PQconsumeInput(connection_);
  std::vector<std::string> payloads;
  while (PGnotify* notify = PQnotifies(connection_)) {
    payloads.emplace_back(notify->extra);
    PQfreemem(notify);
  }
  return payloads;
}

}  // namespace gnomon::postgres
