#include "tests/server/process.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <snappy.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

namespace gnomon::server_test {
namespace {

constexpr std::chrono::seconds kPatience(60);  // a sanitizer on a busy machine is that slow

int status_of(int waited) {
  return WIFSIGNALED(waited) ? 128 + WTERMSIG(waited) : WEXITSTATUS(waited);
}

// The child's three standard files, then exec. Nothing between fork and exec allocates.
pid_t spawn(const std::vector<std::string>& arguments, int in, int out, int err) {
  std::vector<char*> argv = {const_cast<char*>(GNOMON_BINARY)};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child != 0) return child;
  dup2(in, 0);
  dup2(out, 1);
  dup2(err, 2);
  execv(GNOMON_BINARY, argv.data());
  _exit(127);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void append_varint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

void append_message(std::string& out, int field, const std::string& body) {
  append_varint(out, static_cast<uint64_t>(field) << 3 | 2);
  append_varint(out, body.size());
  out += body;
}

}  // namespace

ScratchFolder::ScratchFolder() {
  static std::atomic<int> count{0};
  path_ = std::filesystem::temp_directory_path() /
          ("gnomon-server-" + std::to_string(getpid()) + "-" + std::to_string(count++));
  std::filesystem::create_directories(path_);
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Outcome run_gnomon(const std::vector<std::string>& arguments, const std::string& input) {
  const ScratchFolder folder;
  std::ofstream(folder.file("in"), std::ios::binary) << input;
  const int in = open(folder.file("in").c_str(), O_RDONLY | O_CLOEXEC);
  const int out = open(folder.file("out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const int err = open(folder.file("err").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const pid_t child = spawn(arguments, in, out, err);
  int waited = 0;
  waitpid(child, &waited, 0);
  close(in);
  close(out);
  close(err);
  return {status_of(waited), read_file(folder.file("out")), read_file(folder.file("err"))};
}

bool kill_gnomon_when(const std::vector<std::string>& arguments,
                      const std::function<bool()>& ready) {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  const pid_t child = spawn(arguments, null, null, null);
  close(null);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  int waited = 0;
  pid_t ended = 0;
  while (ended == 0 && !ready() && std::chrono::steady_clock::now() < deadline) {
    ended = waitpid(child, &waited, WNOHANG);
    std::this_thread::yield();
  }
  if (ended != 0) return false;
  kill(child, SIGKILL);
  waitpid(child, &waited, 0);
  return status_of(waited) == 128 + SIGKILL;
}

ServerProcess::ServerProcess(const std::string& store, const std::vector<std::string>& more,
                             std::string log_file)
    : log_file_(std::move(log_file)) {
  std::vector<std::string> arguments = {"serve", "--store", store, "--listen", "127.0.0.1:0"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  const int log = open(log_file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  pid_ = spawn(arguments, null, null, log);
  close(null);
  close(log);
  wait_until_serving();
}

void ServerProcess::wait_until_serving() {
  constexpr std::string_view kMark = "msg=Serving url=";
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    const std::string text = log();
    const size_t at = text.find(kMark);
    const size_t end = at == std::string::npos ? at : text.find(' ', at + kMark.size());
    if (end != std::string::npos) {
      url_ = text.substr(at + kMark.size(), end - at - kMark.size());
      return;
    }
    siginfo_t ended{};
    waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT);
    if (ended.si_pid == pid_) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

ServerProcess::~ServerProcess() {
  if (pid_ > 0) stop(SIGKILL);
}

std::string ServerProcess::log() const { return read_file(log_file_); }

int ServerProcess::stop(int signal) {
  kill(pid_, signal);
  int waited = 0;
  for (int tries = 0; tries < 10'000 && waitpid(pid_, &waited, WNOHANG) == 0; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    if (tries == 9'999) {
      kill(pid_, SIGKILL);
      waitpid(pid_, &waited, 0);
    }
  }
  pid_ = -1;
  return status_of(waited);
}

std::string http_get(const std::string& url, const std::string& path, const std::string& tenant) {
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string request = "GET " + path + " HTTP/1.0\r\nHost: gnomon\r\n";
  if (!tenant.empty()) request += "X-Scope-OrgID: " + tenant + "\r\n";
  request += "\r\n";
  std::string answer;
  char buffer[1 << 14];
  if (connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      send(connection, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
    for (ssize_t got; (got = recv(connection, buffer, sizeof buffer, 0)) > 0;) {
      answer.append(buffer, static_cast<size_t>(got));
    }
  }
  close(connection);
  const size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}

std::string remote_write_body(const std::string& name, const std::vector<WrittenSample>& samples) {
  std::string label, series, request, compressed;
  append_message(label, 1, "__name__");
  append_message(label, 2, name);
  append_message(series, 1, label);
  for (const WrittenSample& written : samples) {
    std::string sample(1, '\x09');
    const auto bits = std::bit_cast<std::array<char, 8>>(written.value);
    sample.append(bits.data(), bits.size());
    sample.push_back('\x10');
    append_varint(sample, static_cast<uint64_t>(written.time_ms));
    append_message(series, 2, sample);
  }
  append_message(request, 1, series);
  snappy::Compress(request.data(), request.size(), &compressed);
  return compressed;
}

}  // namespace gnomon::server_test
