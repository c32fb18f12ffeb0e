#include "load/process.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <vector>

namespace canvas::load {
namespace {

std::string proc_path(pid_t pid, const char* rest) {
  return "/proc/" + std::to_string(pid) + rest;
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// Fields of /proc/PID/stat, counted from 1 as in proc(5); the second is a name that may hold blanks and
// parentheses.
constexpr int first_field_after_name = 3;
constexpr int utime_field = 14;
constexpr int stime_field = 15;
constexpr int rss_field = 24;

Result<ProcessUsage> usage_of_one(pid_t pid) {
  std::ifstream file(proc_path(pid, "/stat"));
  std::string line;
  if (!std::getline(file, line)) return Error{Errc::not_found, "there is no process " + std::to_string(pid)};
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  ProcessUsage usage;
  std::string field;
  for (int number = first_field_after_name; fields >> field && number <= rss_field; ++number) {
    if (number == utime_field) usage.user_seconds = std::stod(field) / ticks;
    if (number == stime_field) usage.system_seconds = std::stod(field) / ticks;
    if (number == rss_field) {
      usage.resident_bytes = std::stoull(field) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    }
  }
  return usage;
}

// 0 where this user may not look.
std::uint64_t open_files_of(pid_t pid) {
  DIR* files = opendir(proc_path(pid, "/fd").c_str());
  if (files == nullptr) return 0;
  std::uint64_t count = 0;
  while (const dirent* file = readdir(files)) count += file->d_name[0] != '.' ? 1 : 0;
  closedir(files);
  return count;
}

// A child belongs to the thread that made it.
std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  DIR* threads = opendir(proc_path(pid, "/task").c_str());
  if (threads == nullptr) return children;
  while (const dirent* thread = readdir(threads)) {
    std::ifstream file(proc_path(pid, "/task/") + thread->d_name + "/children");
    for (pid_t child = 0; file >> child;) children.push_back(child);
  }
  closedir(threads);
  return children;
}

}  // namespace

Result<ProcessUsage> usage_of(pid_t pid) {
  Result<ProcessUsage> total = usage_of_one(pid);
  if (!total) return total;
  total->open_files = open_files_of(pid);
  for (const pid_t child : children_of(pid)) {
    const Result<ProcessUsage> usage = usage_of(child);
    if (!usage) continue;
    total->user_seconds += usage->user_seconds;
    total->system_seconds += usage->system_seconds;
    total->resident_bytes += usage->resident_bytes;
    total->open_files += usage->open_files;
  }
  return total;
}

double own_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

}  // namespace canvas::load
