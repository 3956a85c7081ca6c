#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace gnomon::server_test {

// What a finished program left behind. A signal's death is 128 + its number.
struct Outcome {
  int status = 0;
  std::string output;  // standard output
  std::string errors;  // standard error
};

// Runs the built gnomon to its end.
Outcome run_gnomon(const std::vector<std::string>& arguments, const std::string& input = "");

// Starts the built gnomon and waits until `ready` holds, at most 60 s; then kills it with SIGKILL.
// True when it was still running then.
bool kill_gnomon_when(const std::vector<std::string>& arguments,
                      const std::function<bool()>& ready);

// A folder that is removed with everything in it.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// A `gnomon serve` on a port of its own choice. Killed at the latest by the destructor.
class ServerProcess {
 public:
  // Returns when it serves, or has ended, or after 60 s.
  ServerProcess(const std::string& store, const std::vector<std::string>& more,
                std::string log_file);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  const std::string& url() const { return url_; }  // empty when it did not start
  std::string log() const;
  // Sends the signal and waits for the end, at most 20 s; the exit status as in Outcome.
  int stop(int signal);
  pid_t pid() const { return pid_; }

 private:
  void wait_until_serving();

  std::string log_file_;
  std::string url_;
  pid_t pid_ = -1;
};

// The body of the answer to a GET; `tenant`: what X-Scope-OrgID says, "" for no such header.
std::string http_get(const std::string& url, const std::string& path,
                     const std::string& tenant = "");

// The body of a remote write 1.0 request: one series {__name__=name}, samples (time, value).
struct WrittenSample {
  int64_t time_ms = 0;
  double value = 0;
};
std::string remote_write_body(const std::string& name, const std::vector<WrittenSample>& samples);

}  // namespace gnomon::server_test
