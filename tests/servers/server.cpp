#include "tests/servers/server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cctype>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>

namespace gnomon::servers {
namespace {

// A port nobody listens on now.
int free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  int port = 0;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    port = ntohs(address.sin_port);
  }
  close(fd);
  return port;
}

// In memory where there is enough of it: databases make and remove thousands of small files, which
// takes some disks longer than the tests.
std::filesystem::path folder_for_servers() {
  constexpr uintmax_t kEnough = uintmax_t{2} << 30;
  const std::filesystem::path memory = "/dev/shm";
  std::error_code failed;
  const auto space = std::filesystem::space(memory, failed);
  const bool fits = !failed && space.available >= kEnough && access(memory.c_str(), W_OK) == 0;
  return fits ? memory : std::filesystem::temp_directory_path();
}

std::string read_line(int fd) {
  std::string line;
  char c;
  while (read(fd, &c, 1) == 1 && c != '\n') line += c;
  return line;
}

}  // namespace

Server::Server(const std::string& name) : name_(name), port_(free_port()) {
  static std::atomic<int> count{0};
  folder_ = folder_for_servers() /
            ("gnomon-" + name + "-" + std::to_string(getpid()) + "-" + std::to_string(count++));
  std::filesystem::create_directories(folder_);
  start();
}

Server::~Server() {
  stop();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Server::start() {
  if (pid_ > 0) return;
  const std::string script = std::string(GNOMON_SOURCE_DIR) + "/tests/servers/" + name_;
  const std::string port = std::to_string(port_);
  int out[2];
  if (pipe2(out, O_CLOEXEC) != 0) return;
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(1);
    dup2(out[1], STDOUT_FILENO);
    execl(script.c_str(), script.c_str(), folder_.c_str(), port.c_str(), nullptr);
    _exit(127);
  }
  close(out[1]);
  url_ = read_line(out[0]);
  close(out[0]);
}

void Server::stop() {
  if (pid_ <= 0) return;
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string shared_url(const std::string& name) {
  std::string variable = "GNOMON_TEST_";
  for (char c : name) variable += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (const char* url = std::getenv(variable.c_str()); url != nullptr && *url != '\0') {
    return url == std::string("none") ? "" : url;
  }
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<Server>> servers;
  const std::lock_guard hold(mutex);
  std::unique_ptr<Server>& server = servers[name];
  if (server == nullptr) server = std::make_unique<Server>(name);
  if (server->url().empty()) {
    std::fprintf(stderr, "%s did not start; %s=none leaves its tests out\n", name.c_str(),
                 variable.c_str());
    std::quick_exit(1);
  }
  return server->url();
}

}  // namespace gnomon::servers
