// A connected client, from its upgrade to its end.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include <boost/unordered/unordered_map.hpp>

#include "auth/gatekeeper.h"
#include "net/http.h"
#include "net/websocket.h"
#include "protocol/message.h"
#include "room/registry.h"
#include "server/document_session.h"
#include "server/limits.h"

namespace canvas::server {

class Client;

// Somebody whose upgrade is taken.
struct Arrival {
  auth::Credentials credentials;
  std::string address;                     // where the client is
  std::optional<std::string> document;     // the one that the URL names, for y-websocket
  std::shared_ptr<auth::Permit> permit{};  // for that document, when it names one
};

// What the clients of a shard share.
struct ClientSurroundings {
  const ClientLimits& limits;
  auth::Gatekeeper& gatekeeper;
  room::Registry& registry;
  std::unordered_set<Client*> clients{};  // those that are connected
  std::uint64_t last_id = 0;
  bool draining = false;                       // the server goes down: nothing more is taken
  std::function<void()> on_last_gone = [] {};  // when `clients` has become empty
};

// Finds out which protocol the client speaks, and hands its messages to the documents that they are for. On
// the shard's thread.
class Client final : public net::WebSocketHandler {
public:
  Client(ClientSurroundings& surroundings, Arrival arrival);
  ~Client() override;

  // net::WebSocketHandler
  void on_open(net::WebSocket& socket) override;
  void on_message(BytesView message) override;
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
  void was_admitted();
  // A document was refused, or taken away again.
  void was_denied(const Error& why);
  void was_revoked(const Error& why);
  room::Registry& registry() { return surroundings_.registry; }
  // Counts what waits to be handed on; fails at the limit.
  Result<void> note_pending(std::size_t bytes);
  void forget_pending(std::size_t bytes);

private:
  Result<void> receive(BytesView frame);
  Result<void> receive_hocuspocus(const protocol::Received& received, BytesView frame);
  Result<void> receive_y_websocket(const protocol::Received& received, BytesView frame);
  Result<DocumentSession*> find_or_add(std::string_view address, const std::string& document);

  // The permit of the upgrade, until the first message says what for.
  struct EarlyPermit {
    std::shared_ptr<auth::Permit> permit;
    std::optional<Error> revoked{};
  };

  ClientSurroundings& surroundings_;
  const std::uint64_t id_;
  auth::Credentials credentials_;
  const std::string address_;
  const std::optional<std::string> document_;
  std::shared_ptr<EarlyPermit> early_permit_;
  net::WebSocket* socket_ = nullptr;  // between on_open and on_closed
  std::optional<protocol::Dialect> dialect_;
  boost::unordered_map<std::string, std::shared_ptr<DocumentSession>, SeededHash, std::equal_to<>>
      sessions_;  // by address
  std::size_t pending_bytes_ = 0;
  std::size_t pending_messages_ = 0;
  bool admitted_ = false;
  std::optional<Errc> last_denial_;
  bool has_sent_ = false;  // since the last tick
  std::optional<net::Time> opened_;
  net::Time last_sent_{};
};

}  // namespace canvas::server
