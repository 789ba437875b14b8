#include "core/http/waiting_room.hpp"

#include <sys/socket.h>

namespace colony::core::http {

WaitingRoom::Guest::Guest(WaitingRoom& room, int socket) : room_(room), socket_(socket) {
  wait();
}

WaitingRoom::Guest::~Guest() {
  leave_row();
  if (shown_out_) --room_.leaving_;
}

void WaitingRoom::Guest::wait() {
  leave_row();
  if (shown_out_) return;
  place_ = room_.row_.insert(room_.row_.end(), this);
  waits_ = true;
}

void WaitingRoom::Guest::leave_row() {
  if (!waits_) return;
  room_.row_.erase(place_);
  waits_ = false;
}

bool WaitingRoom::show_out() {
  if (row_.empty()) return false;
  Guest& guest = *row_.front();
  guest.leave_row();
  guest.shown_out_ = true;
  ++leaving_;
  // Its read ends with this, and all the rest with that.
  (void)::shutdown(guest.socket_, SHUT_RDWR);
  return true;
}

}  // namespace colony::core::http
