#include "load/server_probe.h"

#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace canvas::load {
namespace {

constexpr timeval probe_patience{.tv_sec = 2, .tv_usec = 0};
constexpr std::size_t max_page_bytes = 16u << 20;

std::optional<double> value_of(std::string_view page, std::string_view name) {
  while (!page.empty()) {
    const std::string_view line = page.substr(0, page.find('\n'));
    page.remove_prefix(std::min(line.size() + 1, page.size()));
    if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ' ') continue;
    return std::strtod(std::string(line.substr(name.size() + 1)).c_str(), nullptr);
  }
  return std::nullopt;
}

class Socket {
public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  int get() const { return descriptor_; }

private:
  int descriptor_;
};

Result<std::string> fetch(const Target& target) {
  const Error failure{Errc::unavailable, "cannot read the metrics of " + target.authority()};
  const Result<Endpoint> endpoint = resolve(target);
  if (!endpoint) return endpoint.error();
  const Socket connection(::socket(endpoint->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &probe_patience, sizeof probe_patience);
  setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &probe_patience, sizeof probe_patience);
  const auto* const address = reinterpret_cast<const sockaddr*>(&endpoint->address);
  if (connect(connection.get(), address, endpoint->size) < 0) return failure;
  const std::string request =
      "GET " + target.path + " HTTP/1.1\r\nHost: " + target.authority() + "\r\nConnection: close\r\n\r\n";
  if (send(connection.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return failure;
  }
  std::string answer;
  std::array<char, 16384> piece{};
  for (;;) {
    const ssize_t got = recv(connection.get(), piece.data(), piece.size(), 0);
    if (got < 0 || answer.size() > max_page_bytes) return failure;
    if (got == 0) break;
    answer.append(piece.data(), static_cast<std::size_t>(got));
  }
  if (answer.substr(0, 12) != "HTTP/1.1 200") return failure;
  return answer;
}

}  // namespace

Result<Target> parse_metrics_url(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme)) {
    return Error{Errc::invalid_use, "the URL of the metrics does not begin with http://"};
  }
  Result<Target> target = parse_target("ws://" + std::string(url.substr(scheme.size())));
  if (target && target->path.empty()) target->path = "/metrics";
  return target;
}

Result<ProcessUsage> usage_in(std::string_view page) {
  const std::optional<double> memory = value_of(page, "process_resident_memory_bytes");
  if (!memory) {
    return Error{Errc::unsupported, "the page of metrics has no process_resident_memory_bytes"};
  }
  ProcessUsage usage;
  usage.resident_bytes = static_cast<std::uint64_t>(*memory);
  usage.user_seconds = value_of(page, "process_cpu_seconds_total").value_or(0);
  usage.open_files = static_cast<std::uint64_t>(value_of(page, "process_open_fds").value_or(0));
  return usage;
}

Result<ProcessUsage> ServerProbe::read() const {
  if (pid != 0) return usage_of(pid);
  if (!metrics) return Error{Errc::not_found, "there is nothing to look at"};
  const Result<std::string> page = fetch(*metrics);
  if (!page) return page.error();
  return usage_in(*page);
}

}  // namespace canvas::load
