#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace gnomon::servers {

// A database server of the tests' own: tests/servers/NAME, run in a folder that is removed at the
// end, on a free port. One thread at a time.
class Server {
 public:
  // Returns when it is ready. It could not be started: url() is empty, standard error says why.
  explicit Server(const std::string& name);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // What --store wants.
  const std::string& url() const { return url_; }
  // Stops it and waits for its end; start() brings it back with its data, at the same URL.
  void stop();
  void start();

 private:
  std::string name_;
  std::filesystem::path folder_;
  int port_ = 0;
  pid_t pid_ = -1;
  std::string url_;
};

// The URL of a running server that all tests of this process share: the one the environment
// variable GNOMON_TEST_<NAME> names ("postgres": GNOMON_TEST_POSTGRES), else one that the first
// call starts and the end of the process (or of the thread that called) stops. "" when the variable
// says "none"; one that cannot be started ends the process: tests do not vanish. Any thread.
std::string shared_url(const std::string& name);

}  // namespace gnomon::servers
