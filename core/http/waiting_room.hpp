#pragma once
// A server's connections without a request in hand, longest first. When the house is full the first of them
// gives its place to whoever comes: silence costs a peer nothing, so it must not keep others out.

#include <cstddef>
#include <list>

namespace colony::core::http {

class WaitingRoom {
 public:
  /// One connection; waits from the beginning.
  class Guest {
   public:
    Guest(WaitingRoom& room, int socket);
    Guest(const Guest&) = delete;
    Guest& operator=(const Guest&) = delete;
    ~Guest();
    /// For its next request, from now on: the last in the row.
    void wait();
    /// It has one, or its socket is about to be closed: it stays out of the row.
    void leave_row();

   private:
    friend class WaitingRoom;
    WaitingRoom& room_;
    int socket_;
    bool waits_ = false;
    bool shown_out_ = false;
    std::list<Guest*>::iterator place_;
  };

  /// Ends the connection that has waited longest. False: none waits.
  bool show_out();
  /// Those that were, and have not noticed yet.
  [[nodiscard]] std::size_t leaving() const { return leaving_; }

 private:
  std::list<Guest*> row_;
  std::size_t leaving_ = 0;
};

}  // namespace colony::core::http
