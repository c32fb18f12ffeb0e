// A connected client, from its upgrade to its end.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include <boost/unordered/unordered_map.hpp>

#include "auth/gatekeeper.h"
#include "base/token_bucket.h"
#include "net/http.h"
#include "net/websocket.h"
#include "protocol/message.h"
#include "room/registry.h"
#include "server/audit.h"
#include "server/document_session.h"
#include "server/doorkeeper.h"
#include "server/limits.h"
#include "server/metrics.h"

namespace canvas::server {

class Client;

// Somebody whose upgrade is taken.
struct Arrival {
  Doorkeeper::Visitor visitor;
  auth::Credentials credentials;
  std::optional<std::string> document;             // the one that the URL names, for y-websocket
  std::shared_ptr<auth::Permit> permit{};          // for that document, when it names one
  Doorkeeper::Place place{};                       // of the user who has that
  std::shared_ptr<auth::Gatekeeper> gatekeeper{};  // who is asked about documents; null: the doorkeeper
};

// What the clients of a shard share.
struct ClientSurroundings {
  const ClientLimits& limits;
  Doorkeeper& doorkeeper;
  room::Registry& registry;
  Audit& audit;
  Metrics& metrics;
  std::function<void(std::chrono::milliseconds, std::function<void()>)> after;  // net::Shard::after
  std::unordered_set<Client*> clients{};                                        // those that are connected
  std::uint64_t last_connection = 0;  // the number in the log of who came last
  std::size_t pending_bytes = 0;      // of all clients
  bool draining = false;              // the server goes down: nothing more is taken
};

// Finds out which protocol the client speaks, and hands its messages to the documents that they are for. On
// the shard's thread.
class Client final : public net::WebSocketHandler, public std::enable_shared_from_this<Client> {
public:
  Client(ClientSurroundings& surroundings, Arrival arrival);
  ~Client() override;

  // net::WebSocketHandler
  void on_open(net::WebSocket& socket) override;
  void on_message(BytesView message) override;
  void on_too_big() override;
  void on_drained() override;
  void on_tick(net::Time now) override;
  void on_closed() override;

  // Closes the connection; once is enough.
  void close(net::CloseCode code, std::string_view reason,
             net::WebSocket::Unsent unsent = net::WebSocket::Unsent::deliver);

  // For its document sessions.
  void send(protocol::Frame frame);
  std::size_t backlog_bytes() const;
  // The client has broken the protocol or a limit.
  void fail(const Error& why);
  void admit(std::string_view token, const std::string& document, auth::Gatekeeper::Admitted done);
  // One more user of this connection.
  Result<void> take_place(const auth::Identity& identity, const std::string& document);
  void was_admitted();
  // A document was refused, or taken away again.
  void was_denied(const Error& why);
  void was_revoked(const Error& why);
  room::Registry& registry() { return surroundings_.registry; }
  Audit& audit() { return surroundings_.audit; }
  Whom whom(const std::string* document, const auth::Identity* identity = nullptr) const;
  // Counts what waits to be handed on; fails at the limit.
  Result<void> note_pending(std::size_t bytes);
  void forget_pending(std::size_t bytes);
  // Whether presence may be passed on now; else it is held back and the session is told when it may be.
  bool may_send_awareness();
  void hold_awareness(DocumentSession& session, std::size_t held_before, std::size_t held);
  void forget_held(std::size_t bytes) { held_bytes_ -= bytes; }
  void forget_in_line(const DocumentSession& session);

  // What is to be seen of it now. O(documents).
  struct Sight {
    std::optional<protocol::Dialect> dialect;  // none: it has said nothing
    std::size_t open_documents = 0;
    std::size_t slow_documents = 0;  // of them, those that it is not sent all of
  };
  Sight look() const;
  bool is_paused() const { return std::chrono::steady_clock::now() < paused_until_; }

private:
  Result<void> receive(BytesView frame);
  Result<void> receive_hocuspocus(const protocol::Received& received, BytesView frame);
  Result<void> receive_y_websocket(const protocol::Received& received, BytesView frame);
  Error limit_hit(std::string_view name, std::size_t value, std::string_view what);
  void count(const protocol::Message& message);
  void pause(std::chrono::milliseconds time, std::string_view limit, std::size_t value,
             std::string_view what);
  void early_permit_revoked();
  void log_disconnected() const;
  void release_awareness();
  void release_awareness_later();
  Result<DocumentSession*> find_or_add(std::string_view address, const std::string& document);

  // The permit of the upgrade, until the first message says what for.
  struct EarlyPermit {
    std::shared_ptr<auth::Permit> permit;
    std::optional<Error> revoked{};
    std::function<void()> on_revoked{};
  };

  ClientSurroundings& surroundings_;
  const std::uint64_t id_;
  auth::Credentials credentials_;
  const Doorkeeper::Visitor visitor_;
  const std::optional<std::string> document_;
  std::shared_ptr<EarlyPermit> early_permit_;
  const std::shared_ptr<auth::Gatekeeper> gatekeeper_;  // null: the doorkeeper is asked
  net::WebSocket* socket_ = nullptr;                    // between on_open and on_closed
  std::optional<protocol::Dialect> dialect_;
  boost::unordered_map<std::string, std::shared_ptr<DocumentSession>, SeededHash, std::equal_to<>>
      sessions_;                                     // by address
  std::map<std::string, Doorkeeper::Place> places_;  // by user
  TokenBucket updates_;
  TokenBucket requests_;
  TokenBucket awareness_;
  std::deque<std::weak_ptr<DocumentSession>> holding_;  // those that hold presence back
  std::size_t held_bytes_ = 0;
  bool release_is_due_ = false;
  net::Time paused_until_{};
  bool limit_said_ = false;  // of the failure that is on its way
  std::size_t pending_bytes_ = 0;
  std::size_t pending_messages_ = 0;
  bool admitted_ = false;
  std::optional<Errc> last_denial_;
  bool has_sent_ = false;             // since the last tick
  std::uint64_t received_bytes_ = 0;  // of messages
  std::uint64_t sent_bytes_ = 0;      // of frames, taken by the socket or not
  net::Time connected_{};
  std::optional<net::Time> opened_;
  net::Time last_sent_{};
};

}  // namespace canvas::server
