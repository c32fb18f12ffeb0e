// A document of a running server, changed as its operator.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "crdt/state_vector.h"
#include "main/server_address.h"

namespace canvas {

// A connection to the server's /operator, open on one document. Blocking; every step ends within a time.
//
// Steps fail with Errc::io when the connection ends before the answer.
class OperatorClient {
public:
  // `secret` is that of Better Auth, or empty where none is known; it is not sent. Fails with
  // Errc::unavailable when no server listens there, Errc::unauthenticated or Errc::forbidden when it does not
  // take us for its operator, Errc::io when it does not take edits now.
  static Result<std::unique_ptr<OperatorClient>> open(const ServerAddress& server, const std::string& secret,
                                                      const std::string& document);
  virtual ~OperatorClient() = default;

  // What the server has of the document.
  struct Live {
    crdt::StateVector state_vector;
    Bytes news;  // an update: what is not in `known`
  };
  virtual Result<Live> compare(const crdt::StateVector& known) = 0;

  // Gives the server an update (v1) and waits until it is saved: then everybody who is in the document has
  // been sent it too. Fails with Errc::too_large when the server refuses it; after Errc::io it may have been
  // saved or not.
  virtual Result<void> send(BytesView update) = 0;
};

}  // namespace canvas
