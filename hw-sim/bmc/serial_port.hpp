#pragma once
// The wire between a machine's serial port and its BMC. Nobody's memory: what the machine prints while no
// console is open is gone, as on the real thing.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace colony::hw_sim {

class SerialPort {
 public:
  using OnPrint = std::function<void(std::string_view)>;  // the BMC's end
  using OnType = std::function<void(std::string_view)>;   // the machine's end
  using OnBreak = std::function<void()>;
  using Room = std::function<std::size_t()>;

  void print(std::string_view text) {
    if (on_print_) on_print_(text);
  }
  /// How much the BMC takes now without losing any.
  [[nodiscard]] std::size_t room() const { return room_ ? room_() : static_cast<std::size_t>(-1); }
  /// False: the machine does not listen (it is off).
  [[nodiscard]] bool type(std::string_view text) {
    if (!on_type_) return false;
    on_type_(text);
    return true;
  }
  void send_break() {
    if (on_break_) on_break_();
  }

  void set_on_print(OnPrint on_print, Room room = {}) {
    on_print_ = std::move(on_print);
    room_ = std::move(room);
  }
  void set_machine(OnType on_type, OnBreak on_break) {
    on_type_ = std::move(on_type);
    on_break_ = std::move(on_break);
  }

 private:
  OnPrint on_print_;
  Room room_;
  OnType on_type_;
  OnBreak on_break_;
};

}  // namespace colony::hw_sim
