// One message for many members: a frame for each form that is needed, made once.
#pragma once

#include "protocol/frame.h"

namespace canvas::room {

// `make(Address)` frames the message. Members that speak y-websocket share a frame, and so do the Hocuspocus
// members that use the document's plain name; an address with a session in it has a frame of its own.
template <class Make>
class Frames {
public:
  Frames(const std::string& document, Make make) : document_(document), make_(std::move(make)) {}

  protocol::Frame for_address(const protocol::Address& address) {
    if (address.dialect == protocol::Dialect::y_websocket) return make_once(y_websocket_, address);
    if (address.text == document_) return make_once(hocuspocus_, address);
    return make_(address);
  }

private:
  const protocol::Frame& make_once(protocol::Frame& frame, const protocol::Address& address) {
    if (!frame) frame = make_(address);
    return frame;
  }

  const std::string& document_;
  Make make_;
  protocol::Frame hocuspocus_;
  protocol::Frame y_websocket_;
};

}  // namespace canvas::room
