#include "server/process_usage.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace canvas::server {
namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// Linux 6.2 says how many there are as the folder's size; before, it is 0 and they are counted.
Result<std::size_t> count_open_fds() {
  struct stat folder {};
  if (::stat("/proc/self/fd", &folder) == 0 && folder.st_size > 0)
    return static_cast<std::size_t>(folder.st_size);
  std::error_code error;
  const std::filesystem::directory_iterator files("/proc/self/fd", error);
  if (error) return Error{Errc::io, "/proc/self/fd: " + error.message()};
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

// proc(5): the 22nd field of /proc/self/stat, in ticks since the machine started. The second field, the name
// of the program, may hold anything, and ends with the last ')'.
Result<double> read_start_seconds() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  std::istringstream fields(line.substr(std::min(line.size(), line.rfind(')') + 1)));
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  double ticks = 0;
  if (!(fields >> ticks)) return Error{Errc::io, "/proc/self/stat cannot be understood"};
  timespec since_boot{};
  ::clock_gettime(CLOCK_BOOTTIME, &since_boot);
  const double age = static_cast<double>(since_boot.tv_sec) + static_cast<double>(since_boot.tv_nsec) / 1e9 -
                     ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count() - age;
}

}  // namespace

Result<ProcessUsage> measure_process() {
  ProcessUsage usage{};
  std::ifstream memory("/proc/self/statm");
  std::size_t virtual_pages = 0;
  std::size_t resident_pages = 0;
  if (!(memory >> virtual_pages >> resident_pages)) return Error{Errc::io, "/proc/self/statm cannot be read"};
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  usage.virtual_bytes = virtual_pages * page;
  usage.resident_bytes = resident_pages * page;
  rusage times{};
  ::getrusage(RUSAGE_SELF, &times);
  usage.cpu_seconds = seconds_of(times.ru_utime) + seconds_of(times.ru_stime);
  // Made of two clocks, it would differ by microseconds each time, and look like a restart.
  static const Result<double> started = read_start_seconds();
  if (!started) return started.error();
  usage.start_seconds = *started;
  const Result<std::size_t> open = count_open_fds();
  if (!open) return open.error();
  usage.open_fds = *open;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  usage.max_fds = limit.rlim_cur;
  return usage;
}

}  // namespace canvas::server
