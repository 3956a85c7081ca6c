#include "adapters/clickhouse/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdio>

namespace gnomon::clickhouse {
namespace {

constexpr int64_t kAnswerMs = 500;  // in which ClickHouse says that the time is over
constexpr int kPollMs = 1'000;
constexpr long kReceiveBytes = 512L << 10;
constexpr std::string_view kExceptions[] = {"::Exception: ", "::NetException: "};

// Codes of ClickHouse that say "not now": timeouts, too many queries or parts, network, another
// server of the cluster that went away, memory, no quorum, read-only replicas, Keeper.
constexpr std::array kTransientCodes = {3,   32,  159, 202, 203, 209, 210, 225, 236, 241, 242,
                                        243, 252, 279, 285, 286, 319, 364, 425, 473, 999};

ErrorKind kind_of(int code) {
  switch (code) {
    case 159:  // TIMEOUT_EXCEEDED
    case 160:  // TOO_SLOW
      return ErrorKind::Timeout;
    case 394:  // QUERY_WAS_CANCELLED
      return ErrorKind::Canceled;
    case 192:  // unknown user, wrong password, access denied
    case 193:
    case 194:
    case 497:
    case 516:
    case 202:  // TOO_MANY_SIMULTANEOUS_QUERIES
    case 252:  // TOO_MANY_PARTS
    case 32:   // another server of the cluster went away in the middle of its answer
    case 209:
    case 210:
    case 279:  // none of a shard's replicas can be reached
    case 369:  // all of them are far behind
    case 999:  // Keeper
      return ErrorKind::Unavailable;
    default:
      return ErrorKind::Execution;
  }
}

// On one line.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, base::kClickHouseMessageBytesMax)) {
    const char shown = c == '\n' ? ' ' : c;
    if (shown != ' ' || !out.ends_with(' ')) out.push_back(shown);
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

// The first exception of a text: where its name ends (npos: none), where its message begins.
std::pair<size_t, size_t> find_exception(std::string_view text) {
  std::pair<size_t, size_t> first(std::string_view::npos, 0);
  for (const std::string_view name : kExceptions) {
    const size_t at = text.find(name);
    if (at < first.first) first = {at, at + name.size()};
  }
  return first;
}

// "Code: 60. DB::Exception: Table x does not exist. (UNKNOWN_TABLE) (version ...)"; also
// DB::NetException and Coordination::Exception.
Failure failure_of(std::string_view text) {
  Failure failure;
  const auto [at, message_at] = find_exception(text);
  const size_t code_at = text.rfind("Code: ", at);
  if (code_at != std::string_view::npos) {
    const std::string_view digits = text.substr(code_at + 6);
    std::from_chars(digits.data(), digits.data() + digits.size(), failure.code);
  }
  std::string_view message = text.substr(message_at);
  message = message.substr(0, message.find(" (version "));
  failure.error = {kind_of(failure.code), "ClickHouse: " + one_line(message)};
  failure.transient = std::find(kTransientCodes.begin(), kTransientCodes.end(), failure.code) !=
                      kTransientCodes.end();
  return failure;
}

void initialise_library() {
  static const bool done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  (void)done;
}

std::string escaped(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

// Whatever a user's profile says: a shard that is away, or has only replicas that are far behind,
// is an error, never an answer that lacks its rows. A shard is written to and read from at its
// first replica that answers, which knows what was written.
constexpr std::string_view kClusterSettings =
    "&skip_unavailable_shards=0&fallback_to_stale_replicas_for_distributed_queries=0"
    "&load_balancing=in_order&max_parallel_replicas=1"
    "&allow_experimental_parallel_reading_from_replicas=0";

std::string url_of(const Options& options, const Request& request, bool sql_in_url) {
  std::string url = options.endpoint() + "?http_write_exception_in_output_format=0";
  if (!options.cluster.empty()) url += kClusterSettings;
  // By the clock, not by how long ClickHouse guesses that it will take; and never a part of an
  // answer, whatever a user's profile says.
  char seconds[32];
  std::snprintf(seconds, sizeof(seconds), "%.3f", static_cast<double>(request.timeout_ms) / 1e3);
  url +=
      "&timeout_before_checking_execution_speed=0&timeout_overflow_mode=throw&max_execution_time=" +
      std::string(seconds);
  if (request.reads_only) url += "&cancel_http_readonly_queries_on_client_close=1&readonly=2";
  for (const auto& [name, value] : request.settings) url += "&" + name + "=" + escaped(value);
  if (!request.table_ids.empty()) url += "&ids_format=RowBinary&ids_structure=id%20UInt128";
  if (sql_in_url) url += "&query=" + escaped(request.sql);
  return url;
}

}  // namespace

// A connection and its handles; used by one request at a time.
struct HttpClient::Connection {
  explicit Connection(const Options& options) : easy(curl_easy_init()), multi(curl_multi_init()) {
    headers = curl_slist_append(headers, "Expect:");
    headers = curl_slist_append(headers, "Content-Type: application/octet-stream");
    login = curl_slist_append(login, "Expect:");
    if (!options.user.empty()) {
      for (curl_slist** list : {&headers, &login}) {
        *list = curl_slist_append(*list, ("X-ClickHouse-User: " + options.user).c_str());
        *list = curl_slist_append(*list, ("X-ClickHouse-Key: " + options.password).c_str());
      }
    }
  }
  ~Connection() {
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
    curl_slist_free_all(headers);
    curl_slist_free_all(login);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  CURL* easy;
  CURLM* multi;
  curl_slist* headers = nullptr;  // of a plain body
  curl_slist* login = nullptr;    // of a form
};

// One request under way.
class HttpClient::Transfer {
 public:
  Transfer(Connection& connection, const Options& options, const Request& request, const Sink& sink)
      : connection_(connection), easy_(connection.easy), sink_(sink) {
    curl_easy_reset(easy_);
    const bool form = !request.table_ids.empty();
    const bool body = !request.data.empty();
    set_common(options, url_of(options, request, form || body), request.timeout_ms);
    curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, form ? connection.login : connection.headers);
    if (form) {
      form_ = curl_mime_init(easy_);
      curl_mimepart* part = curl_mime_addpart(form_);
      curl_mime_name(part, "ids");
      curl_mime_filename(part, "ids");
      curl_mime_data(part, request.table_ids.data(), request.table_ids.size());
      curl_easy_setopt(easy_, CURLOPT_MIMEPOST, form_);
    } else {
      const std::string_view data = body ? request.data : std::string_view(request.sql);
      curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(data.size()));
      curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, data.data());
    }
    curl_multi_add_handle(connection.multi, easy_);
  }
  ~Transfer() {
    curl_multi_remove_handle(connection_.multi, easy_);
    curl_mime_free(form_);
  }

  bool run(const std::stop_token& stop, Failure& failure) {
    const std::stop_callback wake(stop, [this] { curl_multi_wakeup(connection_.multi); });
    int running = 1;
    while (running > 0) {
      if (stop.stop_requested()) {
        failure = {base::canceled(), false, 0};
        return false;
      }
      CURLMcode code = curl_multi_perform(connection_.multi, &running);
      if (code == CURLM_OK && running > 0) {
        code = curl_multi_poll(connection_.multi, nullptr, 0, kPollMs, nullptr);
      }
      if (code == CURLM_OK) continue;
      failure = {{ErrorKind::Unavailable, curl_multi_strerror(code)}, true, 0};
      return false;
    }
    return judge(failure);
  }

 private:
  void set_common(const Options& options, const std::string& url, int64_t timeout_ms) {
    curl_easy_setopt(easy_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy_, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(base::kClickHouseConnectMs));
    curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_ms + kAnswerMs));
    curl_easy_setopt(easy_, CURLOPT_BUFFERSIZE, kReceiveBytes);
    curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYPEER, options.verify ? 1L : 0L);
    curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYHOST, options.verify ? 2L : 0L);
    curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &Transfer::receive);
    curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_);
  }

  static size_t receive(char* data, size_t, size_t size, void* self) {
    return static_cast<Transfer*>(self)->take({data, size});
  }

  size_t take(std::string_view piece) {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    // The end of what came, where ClickHouse writes what went wrong in the middle of an answer.
    const std::string_view last =
        piece.substr(piece.size() - std::min(piece.size(), base::kClickHouseErrorBytesMax));
    if (status != 200) {
      if (tail_.size() < base::kClickHouseErrorBytesMax)
        tail_ += piece.substr(0, base::kClickHouseErrorBytesMax);
      return piece.size();
    }
    tail_.erase(
        0, tail_.size() - std::min(tail_.size(), base::kClickHouseErrorBytesMax - last.size()));
    tail_ += last;
    sunk_ = sink_(piece);
    return sunk_.ok() ? piece.size() : 0;
  }

  bool judge(Failure& failure) {
    CURLcode code = CURLE_OK;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(connection_.multi, &left)) {
      if (message->msg == CURLMSG_DONE) code = message->data.result;
    }
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    const bool failed = code != CURLE_OK || status != 200;
    if (!failed) return true;
    if (find_exception(tail_).first != std::string::npos) {
      failure = failure_of(tail_);
    } else if (!sunk_.ok()) {
      failure = {sunk_.error(), false, 0};
    } else if (code == CURLE_OPERATION_TIMEDOUT && status != 0) {
      failure = {{ErrorKind::Timeout, "ClickHouse did not answer in time"}, true, 0};
    } else if (code != CURLE_OK) {
      const char* what = error_[0] != 0 ? error_ : curl_easy_strerror(code);
      failure = {
          {ErrorKind::Unavailable, "ClickHouse cannot be reached: " + std::string(what)}, true, 0};
    } else {
      failure = failure_of(tail_);
      failure.transient = status >= 500;
      failure.error.message += " (HTTP status " + std::to_string(status) + ")";
    }
    return false;
  }

  Connection& connection_;
  CURL* const easy_;
  const Sink& sink_;
  curl_mime* form_ = nullptr;
  Result<void> sunk_;
  std::string tail_;
  char error_[CURL_ERROR_SIZE] = {};
};

HttpClient::HttpClient(Options options) : options_(std::move(options)) { initialise_library(); }
HttpClient::~HttpClient() = default;

std::unique_ptr<HttpClient::Connection> HttpClient::take() {
  {
    const std::lock_guard hold(mutex_);
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  return std::make_unique<Connection>(options_);
}

void HttpClient::give(std::unique_ptr<Connection> connection) {
  const std::lock_guard hold(mutex_);
  if (idle_.size() < base::kClickHouseIdleConnectionsMax) idle_.push_back(std::move(connection));
}

bool HttpClient::try_run(const Request& request, const Sink& sink, std::stop_token stop,
                         Failure& failure) {
  auto connection = take();
  bool done = false;
  {
    Transfer transfer(*connection, options_, request, sink);
    done = transfer.run(stop, failure);
  }
  // A request that did not end well takes its connection along, and so ends in ClickHouse too.
  if (done) give(std::move(connection));
  return done;
}

Result<void> HttpClient::run(const Request& request, const Sink& sink, std::stop_token stop) {
  Failure failure;
  if (!try_run(request, sink, std::move(stop), failure)) return std::move(failure.error);
  return {};
}

Result<std::string> HttpClient::fetch(const Request& request, std::stop_token stop) {
  std::string answer;
  const Sink sink = [&](std::string_view piece) {
    answer += piece;
    return Result<void>();
  };
  TRY_VOID(run(request, sink, std::move(stop)));
  return answer;
}

}  // namespace gnomon::clickhouse
