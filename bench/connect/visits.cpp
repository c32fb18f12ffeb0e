#include "connect/visits.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <memory>
#include <optional>
#include <unordered_map>

#include "lib0/reader.h"
#include "lib0/writer.h"

namespace canvas::bench {
namespace {

constexpr Nanoseconds longest_visit = 30 * second;
constexpr Nanoseconds longest_wait = second / 20;
constexpr int events_per_turn = 256;
constexpr int starts_per_turn = 32;
// More than a server can have that answers at all: it is lost then.
constexpr std::size_t most_at_once = 10000;

// docs/protocols.md.
enum MessageType : std::uint8_t { sync = 0, auth = 2, close_document = 7 };
enum SyncStep : std::uint8_t { step1 = 0, step2 = 1 };
enum AuthType : std::uint8_t { token = 0, permission_denied = 1, authenticated = 2 };

struct Visit {
  Connection connection;
  Bytes address;
  Nanoseconds due;
  bool is_measured;
  bool stays;
  bool is_seated = false;   // who stays, and is done
  bool is_blocked = false;  // epoll tells when it can be written to
  bool has_spoken = false;
  bool is_authenticated = false;
  bool has_state = false;

  bool is_done() const { return is_authenticated && has_state; }
};

Bytes address_of(std::uint64_t document) {
  lib0::Writer out;
  out.write_var_string("visited-" + std::to_string(document));
  return out.take();
}

class Visits {
public:
  Visits(const VisitPlan& plan, int poller) : plan_(plan), poller_(poller), buffer_(read_buffer_bytes) {}
  Visits(const Visits&) = delete;
  Visits& operator=(const Visits&) = delete;
  ~Visits() { close(poller_); }

  Result<void> seat() {
    for (std::uint32_t i = 0; i < plan_.documents; ++i) {
      if (Result<void> begun = begin(now(), Measured::no, Stays::yes); !begun) return begun;
    }
    const Nanoseconds limit = now() + longest_visit;
    while (seated_ < plan_.documents && now() < limit && result_.refused + result_.failed == 0)
      poll(now() + longest_wait);
    if (seated_ < plan_.documents)
      return Error{Errc::unavailable, "nobody could be seated: " + result_.first_failure};
    return {};
  }

  Result<VisitResult> run(const Observed& observed) {
    const Nanoseconds start = now();
    const Nanoseconds measured_from = start + nanoseconds(plan_.warm_up_seconds);
    const Nanoseconds end = measured_from + nanoseconds(plan_.seconds);
    std::optional<Usage> before;
    while (now() < end) {
      if (!before && now() >= measured_from) {
        Result<Usage> usage = read_usage(observed);
        if (!usage) return usage.error();
        before = *usage;
      }
      is_measuring_ = before.has_value();
      if (const Result<void> begun = begin_due(start, end); !begun) return begun.error();
      poll(std::min(end, plan_.at_once > 0 ? now() + longest_wait : due(start, next_)));
    }
    is_measuring_ = false;
    const Result<Usage> after = read_usage(observed);
    if (!after) return after.error();
    if (!before) return Error{Errc::invalid_use, "the window is too short"};
    fill_window(*before, *after);
    wait_for_stragglers();
    return std::move(result_);
  }

private:
  enum class Measured { no, yes };
  enum class Stays { no, yes };
  struct Usage {
    Nanoseconds time;
    ProcessUsage server;
    ProcessUsage database;
    double own;
  };

  static Nanoseconds nanoseconds(double seconds) { return static_cast<Nanoseconds>(seconds * 1e9); }

  Nanoseconds due(Nanoseconds start, std::uint64_t visit) const {
    return start + static_cast<Nanoseconds>(static_cast<double>(visit) * 1e9 / plan_.visits_per_second);
  }

  Result<void> begin_due(Nanoseconds start, Nanoseconds end) {
    const auto measured = is_measuring_ ? Measured::yes : Measured::no;
    for (int begun = 0; begun < starts_per_turn; ++begun) {
      const bool is_closed_loop = plan_.at_once > 0;
      const Nanoseconds when = is_closed_loop ? now() : due(start, next_);
      const bool is_its_turn = is_closed_loop ? under_way_ < plan_.at_once : when <= now() && when < end;
      if (!is_its_turn) return {};
      if (under_way_ >= most_at_once) return Error{Errc::unavailable, "the server does not keep up at all"};
      if (Result<void> result = begin(when, measured, Stays::no); !result) return result;
      ++next_;
    }
    return {};
  }

  Result<void> begin(Nanoseconds when, Measured measured, Stays stays) {
    const Nanoseconds began = now();
    Result<Connection> connection = Connection::open(plan_.server, {"/", {}, origin_of(plan_.server)},
                                                     static_cast<std::uint32_t>(begun_));
    if (!connection) return connection.error();
    const int socket = connection->socket();
    const bool is_measured = measured == Measured::yes;
    visits_.insert_or_assign(socket,
                             std::make_unique<Visit>(Visit{.connection = std::move(*connection),
                                                           .address = address_of(begun_ % plan_.documents),
                                                           .due = when,
                                                           .is_measured = is_measured,
                                                           .stays = stays == Stays::yes}));
    watch(*visits_[socket], EPOLL_CTL_ADD);
    ++begun_;
    if (stays == Stays::no) ++under_way_;
    if (const Result<void> flushed = flush(*visits_[socket]); !flushed) fail(socket, flushed.error());
    if (is_measured) result_.start_lag.record(began - when);
    if (is_measured && plan_.at_once == 0) ++result_.expected;
    return {};
  }

  void poll(Nanoseconds until) {
    const Nanoseconds wait = std::max<Nanoseconds>(until - now(), 0);
    const timespec timeout{wait / second, wait % second};
    std::array<epoll_event, events_per_turn> events;
    const int count = epoll_pwait2(poller_, events.data(), events_per_turn, &timeout, nullptr);
    for (int i = 0; i < count; ++i) read(events[static_cast<std::size_t>(i)].data.fd);
  }

  void read(int socket) {
    const auto found = visits_.find(socket);
    if (found == visits_.end()) return;
    Visit& visit = *found->second;
    if (const Result<void> received = receive(visit); !received) return fail(socket, received.error());
    if (!visit.is_done() || (visit.stays && visit.is_seated)) return;
    if (visit.stays) {
      visit.is_seated = true;
      ++seated_;
      return;
    }
    const Nanoseconds time = now();
    if (is_measuring_) ++result_.done;
    if (visit.is_measured) result_.latency.record(time - visit.due);
    leave(socket);
  }

  Result<void> receive(Visit& visit) {
    if (Result<void> received = visit.connection.receive(buffer_); !received) return received;
    for (;;) {
      const Result<std::optional<BytesView>> message = visit.connection.next_message();
      if (!message) return message.error();
      if (!*message) break;
      if (Result<void> handled = on_message(visit, **message); !handled) return handled;
    }
    if (visit.connection.is_upgraded() && !visit.has_spoken) speak(visit);
    return flush(visit);
  }

  Result<void> flush(Visit& visit) {
    const Result<FlushResult> flushed = visit.connection.flush();
    if (!flushed) return flushed.error();
    const bool is_blocked = *flushed == FlushResult::blocked;
    if (is_blocked == visit.is_blocked) return {};
    visit.is_blocked = is_blocked;
    watch(visit, EPOLL_CTL_MOD);
    return {};
  }

  void watch(const Visit& visit, int operation) {
    const int socket = visit.connection.socket();
    epoll_event event{.events = EPOLLIN | (visit.is_blocked ? std::uint32_t{EPOLLOUT} : 0u),
                      .data = {.fd = socket}};
    epoll_ctl(poller_, operation, socket, &event);
  }

  void speak(Visit& visit) {
    visit.has_spoken = true;
    lib0::Writer introduction;
    introduction.write_bytes(visit.address);
    introduction.write_u8(auth);
    introduction.write_u8(token);
    introduction.write_var_string(plan_.tokens[spoken_++ % plan_.tokens.size()]);
    introduction.write_var_string("4.8.0");
    visit.connection.send(introduction.bytes());
    lib0::Writer question;
    question.write_bytes(visit.address);
    question.write_u8(sync);
    question.write_u8(step1);
    question.write_u8(1);  // bytes of a state vector
    question.write_u8(0);  // that is empty
    visit.connection.send(question.bytes());
  }

  Result<void> on_message(Visit& visit, BytesView message) {
    if (message.size() <= visit.address.size() ||
        !std::equal(visit.address.begin(), visit.address.end(), message.begin()))
      return {};  // a ping
    lib0::Reader in(message.subspan(visit.address.size()));
    const std::uint8_t type = in.read_u8();
    if (type == close_document) return Error{Errc::io, "the server has closed the document"};
    if (type != auth && type != sync) return {};
    const std::uint8_t kind = in.read_u8();
    if (type == auth && kind == permission_denied)
      return Error{Errc::forbidden, "the server refuses: " + std::string(in.read_var_string())};
    if (type == auth && kind == authenticated) visit.is_authenticated = true;
    if (type == sync && kind == step2) visit.has_state = true;
    return {};
  }

  void fail(int socket, const Error& error) {
    ++(error.code == Errc::forbidden ? result_.refused : result_.failed);
    if (result_.first_failure.empty()) result_.first_failure = error.message;
    leave(socket);
  }

  void leave(int socket) {
    const auto found = visits_.find(socket);
    if (!found->second->stays) --under_way_;
    visits_.erase(found);  // closing the socket takes it out of the epoll
  }

  void wait_for_stragglers() {
    const Nanoseconds limit = now() + longest_visit;
    while (under_way_ > 0 && now() < limit) poll(now() + longest_wait);
    result_.failed += under_way_;
    if (under_way_ > 0 && result_.first_failure.empty())
      result_.first_failure = "no answer for half a minute";
    if (plan_.at_once > 0) result_.expected = result_.done;
  }

  static Result<Usage> read_usage(const Observed& observed) {
    Usage usage{now(), {}, {}, own_cpu_seconds()};
    for (const auto& [pid, into] :
         {std::pair{observed.server, &usage.server}, std::pair{observed.database, &usage.database}}) {
      if (pid == 0) continue;
      const Result<ProcessUsage> read = usage_of(pid);
      if (!read) return read.error();
      *into = *read;
    }
    return usage;
  }

  void fill_window(const Usage& before, const Usage& after) {
    result_.window.seconds = static_cast<double>(after.time - before.time) / 1e9;
    result_.window.server = after.server.since(before.server);
    result_.window.database = after.database.since(before.database);
    result_.window.generator_cpu_seconds = after.own - before.own;
  }

  const VisitPlan& plan_;
  int poller_;
  ReadBuffer buffer_;
  std::unordered_map<int, std::unique_ptr<Visit>> visits_;  // by socket
  std::uint64_t begun_ = 0;
  std::uint64_t next_ = 0;  // of the open loop
  std::uint64_t spoken_ = 0;
  std::size_t under_way_ = 0;  // but for those who stay
  std::uint32_t seated_ = 0;
  bool is_measuring_ = false;
  VisitResult result_;
};

}  // namespace

Result<VisitResult> measure_visits(const VisitPlan& plan, const Observed& observed) {
  prctl(PR_SET_TIMERSLACK, 1000UL);  // else the kernel wakes it up to 50 us late
  const int poller = epoll_create1(EPOLL_CLOEXEC);
  if (poller < 0) return Error{Errc::io, "there is no epoll"};
  Visits visits(plan, poller);
  if (const Result<void> seated = visits.seat(); !seated) return seated.error();
  return visits.run(observed);
}

}  // namespace canvas::bench
